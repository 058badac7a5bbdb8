"""Refunds at PayPal (developer.paypal.com/docs/api/payments/v2 and /v1, refund)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from shared.domain.charge import Operation
from shared.domain.outcomes import Absent, Indeterminate, Misconfigured, NotSent
from shared.domain.refund import Captured, RefundFact
from shared.domain.refund_decisions import RefundOutcome, Refused
from shared.domain.wire_amount import to_paypal
from shared.providers.base import FrozenCall, JsonObject, RefundRequest
from shared.providers.http import time_limit
from shared.providers.paypal import reading
from shared.providers.paypal.api import PayPalApi
from shared.providers.paypal.config import PayPalConfig
from shared.providers.paypal.failures import CallFailed, Kind, Problem
from shared.providers.paypal.reading import Unreadable, is_id
from shared.providers.paypal.refund_reading import read_capture_refund, read_sale_refund

SETTLING: Final = timedelta(minutes=2)
"""A request that we gave up may still be at work at PayPal for so long: no read proves more."""

SOON: Final = timedelta(seconds=2)
LATER: Final = timedelta(minutes=10)

_V1_PREFIXES: Final = ("PAYID-", "PAY-")
_REFUSAL: Final = "PayPal refused the refund."


class Answer(Enum):
    """What PayPal's refusal of a refund asks of us, where it is not final."""

    IN_PROGRESS = auto()  # an earlier request still runs
    TOO_EARLY = auto()  # the capture is pending again
    OUR_ACCOUNT = auto()
    KEY_CLASH = auto()  # PayPal knows the key with another request
    TAKEN = auto()  # our reference is on a refund that exists


_CODES: Final = {
    Answer.IN_PROGRESS: "PREVIOUS_REQUEST_IN_PROGRESS RESOURCE_CONFLICT",
    Answer.TOO_EARLY: "PENDING_CAPTURE",
    Answer.OUR_ACCOUNT: "PERMISSION_DENIED CONSENT_NEEDED NOT_AUTHORIZED",
    Answer.KEY_CLASH: "DUPLICATE_REQUEST_ID PAYPAL_REQUEST_ID_PREVIOUSLY_USED",
    Answer.TAKEN: "DUPLICATE_INVOICE_ID DUPLICATE_TRANSACTION",
}
_ANSWERS: Final = {code: answer for answer, codes in _CODES.items() for code in codes.split()}
"""All else is a no: CAPTURE_FULLY_REFUNDED, REFUND_AMOUNT_EXCEEDED, TRANSACTION_DISPUTED, …, but
believed only where PayPal shows no refund of ours."""


@dataclass(frozen=True, slots=True)
class _Dialect:
    """Where one of PayPal's two APIs keeps refunds."""

    operation: Operation
    captures: str
    agreements: str
    refunds: str
    reference: str
    """The member that holds our identifier; PayPal refuses it a second time."""
    read: Callable[[JsonObject], RefundFact]


_V2: Final = _Dialect(
    Operation.PAYPAL_CAPTURE_REFUND,
    "v2/payments/captures",
    "v2/checkout/orders",
    "v2/payments/refunds",
    "invoice_id",
    read_capture_refund,
)
_V1: Final = _Dialect(
    Operation.PAYPAL_SALE_REFUND,
    "v1/payments/sale",
    "v1/payments/payment",
    "v1/payments/refund",
    "invoice_number",
    read_sale_refund,
)
_DIALECTS: Final = {dialect.operation: dialect for dialect in (_V2, _V1)}


class PayPalRefunds:
    """Implements Refunds, of captures and of v1 sales."""

    def __init__(
        self, config: PayPalConfig, api: Callable[[], PayPalApi], clock: Callable[[], datetime]
    ) -> None:
        self._seconds = config.limits.total_deadline
        self._api = api
        self._clock = clock

    def freeze(self, request: RefundRequest) -> FrozenCall:
        """Fix the call; UnrepresentableAmount where PayPal cannot carry the amount exactly."""
        dialect, captured = _dialect_of(request.captured), request.captured
        value, currency = to_paypal(request.money), request.money.currency
        amount = (
            {"total": value, "currency": currency}
            if dialect is _V1
            else {"value": value, "currency_code": currency}
        )
        refund: JsonObject = {"amount": amount, dialect.reference: str(request.refund)}
        refund |= {} if dialect is _V1 else {"custom_id": str(request.order)}
        body = {
            "agreement": captured.provider_reference,
            "capture": captured.capture_reference,
            "refund": refund,
        }
        return FrozenCall(dialect.operation, body)

    def perform(self, call: FrozenCall, key: str) -> RefundOutcome:
        """Refund, unless PayPal shows that it was done; what it refuses is looked up again."""
        dialect = _DIALECTS[call.operation]
        path = f"{dialect.captures}/{call.body['capture']}/refund"
        with time_limit(self._seconds):
            try:
                if done := self._existing(call):
                    return done
            except (CallFailed, Unreadable) as failed:
                return _not_sent(failed)
            try:
                made = self._api().send(path, call.body["refund"], key)
                return _of(call, dialect.read(made), made)
            except CallFailed as failed:
                return self._not_made(call, failed.problem)
            except Unreadable as unreadable:
                return Indeterminate(f"unreadable answer: {unreadable}")

    def find(self, call: FrozenCall, started_at: datetime) -> RefundOutcome:
        """Read the order or payment, which shows all refunds of it."""
        is_early = self._clock() - started_at < SETTLING
        early = Indeterminate("too early to prove it absent", retry_after=SETTLING)
        absent = Absent("no refund of the capture names ours")
        with time_limit(self._seconds):
            return self._look(call, otherwise=early if is_early else absent)

    def fetch(self, reference: str, captured: Captured) -> RefundOutcome:
        """Read one refund as it is now."""
        dialect = _dialect_of(captured)
        if not is_id(reference):
            return Indeterminate("no id of PayPal's")
        try:
            fact = dialect.read(self._api().read(f"{dialect.refunds}/{reference}"))
        except (CallFailed, Unreadable) as failed:
            return _unread(failed)
        return fact if fact.refund_reference == reference else Indeterminate("another refund")

    def _not_made(self, call: FrozenCall, problem: Problem) -> RefundOutcome:
        if problem.kind is not Kind.REFUSED:
            return _unanswered(problem)
        answer = next((_ANSWERS[code] for code in problem.codes if code in _ANSWERS), None)
        if answer is None:
            code = (problem.codes[0] if problem.codes else "refused").lower()
            return self._look(call, otherwise=Refused(code, _REFUSAL))
        if answer is Answer.TAKEN:
            return self._look(call, otherwise=Indeterminate(problem.reason))
        return _undecided(answer, problem)

    def _look(self, call: FrozenCall, otherwise: RefundOutcome) -> RefundOutcome:
        try:
            return self._existing(call) or otherwise
        except (CallFailed, Unreadable) as failed:
            return _unread(failed)

    def _existing(self, call: FrozenCall) -> RefundFact | None:
        """The refund that names ours on its order or payment."""
        dialect = _DIALECTS[call.operation]
        agreement = self._api().read(f"{dialect.agreements}/{call.body['agreement']}")
        if reading.demand_id(agreement, "id") != call.body["agreement"]:
            raise Unreadable("somebody else's object")
        ours = (each for each in _refunds(agreement) if _names(call, each))
        found = next(ours, None)
        return None if found is None else dialect.read(found)


def _dialect_of(captured: Captured) -> _Dialect:
    return _V1 if captured.provider_reference.startswith(_V1_PREFIXES) else _V2


def _refunds(agreement: JsonObject) -> Iterator[JsonObject]:
    for unit in reading.several(agreement, "purchase_units"):
        yield from reading.several(unit, "payments", "refunds")
    for transaction in reading.several(agreement, "transactions"):
        for related in reading.several(transaction, "related_resources"):
            if isinstance(related.get("refund"), dict):
                yield related["refund"]


def _names(call: FrozenCall, refund: JsonObject) -> bool:
    member = _DIALECTS[call.operation].reference
    ours: str = call.body["refund"][member]
    return reading.text(refund, member) == ours


def _of(call: FrozenCall, fact: RefundFact, refund: JsonObject) -> RefundOutcome:
    is_ours = _names(call, refund) and fact.capture_reference == call.body["capture"]
    return fact if is_ours else Indeterminate("answered with somebody else's refund")


def _undecided(answer: Answer, problem: Problem) -> RefundOutcome:
    match answer:
        case Answer.TOO_EARLY:
            return NotSent(problem.reason, LATER)
        case Answer.OUR_ACCOUNT:
            return Misconfigured(problem.reason)
        case Answer.KEY_CLASH:
            return Indeterminate(problem.reason, replayable=False)
        case _:
            return Indeterminate(problem.reason, retry_after=problem.retry_after or SOON)


def _unanswered(problem: Problem) -> RefundOutcome:
    match problem.kind:
        case Kind.CREDENTIALS:
            return Misconfigured(problem.reason)
        case Kind.UNSENT | Kind.DEFERRED:
            return NotSent(problem.reason, problem.retry_after, problem.is_ailing)
        case _:
            return Indeterminate(
                problem.reason, retry_after=problem.retry_after, is_ailing=problem.is_ailing
            )


def _not_sent(failed: CallFailed | Unreadable) -> RefundOutcome:
    """The read before the POST failed, so that the POST never left."""
    outcome = _unread(failed)
    if isinstance(outcome, Indeterminate):
        return NotSent(outcome.reason, outcome.retry_after, outcome.is_ailing)
    return outcome


def _unread(failed: CallFailed | Unreadable) -> RefundOutcome:
    if isinstance(failed, Unreadable):
        return Indeterminate(f"unreadable: {failed}")
    if failed.problem.kind is Kind.CREDENTIALS:
        return Misconfigured(failed.problem.reason)
    problem = failed.problem
    return Indeterminate(
        problem.reason, retry_after=problem.retry_after, is_ailing=problem.is_ailing
    )
