"""Refunds at Stripe (docs.stripe.com/api/refunds)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from stripe import InvalidRequestError, RequestOptions, StripeError

from shared.domain import outcomes as o
from shared.domain.charge import Operation
from shared.domain.refund import Captured, RefundFact, RefundStatus
from shared.domain.refund_decisions import RefundOutcome, Refused
from shared.domain.wire_amount import to_stripe
from shared.providers.base import FrozenCall, JsonObject, RefundRequest
from shared.providers.http import time_limit
from shared.providers.stripe.client import StripeCalls, options_for
from shared.providers.stripe.config import API_VERSION, StripeConfig
from shared.providers.stripe.documents import at, id_of, items, money_of, our_references, text
from shared.providers.stripe.failures import after_payment, after_read

SETTLING: Final = timedelta(minutes=2)
"""A request that we gave up may still be at work at Stripe for so long: no list proves more."""

MOST_PAGES: Final = 10
_PAGE: Final = 100
_REASONS: Final = frozenset({"duplicate", "fraudulent", "requested_by_customer"})
_UNREADABLE: Final = o.Indeterminate("Stripe's answer cannot be read")
_REFUSAL: Final = "Stripe refused the refund."

_STATUSES: Final = {
    "pending": RefundStatus.PENDING,
    "requires_action": RefundStatus.PENDING,
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.CANCELED,
}


class StripeRefunds:
    """Implements Refunds, for the platform and its connected accounts."""

    def __init__(
        self,
        config: StripeConfig,
        calls: Callable[[], StripeCalls],
        clock: Callable[[], datetime],
    ) -> None:
        self._seconds = config.limits.total_deadline
        self._calls = calls
        self._clock = clock

    def freeze(self, request: RefundRequest) -> FrozenCall:
        """Fix the parameters; UnrepresentableAmount where Stripe cannot carry the amount."""
        named = {
            "refund": str(request.refund),
            "charge": str(request.charge),
            "order": str(request.order),
        }
        params: JsonObject = {
            "payment_intent": request.captured.provider_reference,
            "amount": to_stripe(request.money),
            "metadata": named,
        }
        params |= {"reason": request.reason} if request.reason in _REASONS else {}
        body = {
            "api_version": API_VERSION,
            "account": request.captured.account,
            "refund": params,
        }
        return FrozenCall(Operation.STRIPE_REFUND, body)

    def perform(self, call: FrozenCall, key: str) -> RefundOutcome:
        """Create the refund; where Stripe refuses it, look whether it was made after all."""
        with time_limit(self._seconds):
            try:
                made = self._calls().create_refund(call.body["refund"], _options(call, key))
            except InvalidRequestError as error:
                return self._look(call, otherwise=_refused(error))
            except StripeError as error:
                return _unanswered(error)
        return read_refund(made) or _UNREADABLE if _names(made, call) else _UNREADABLE

    def find(self, call: FrozenCall, started_at: datetime) -> RefundOutcome:
        """Read the PaymentIntent's refunds to their end."""
        is_early = self._clock() - started_at < SETTLING
        early = o.Indeterminate("too early to prove it absent", retry_after=SETTLING)
        absent = o.Absent("no refund of the PaymentIntent names ours")
        with time_limit(self._seconds):
            return self._look(call, otherwise=early if is_early else absent)

    def fetch(self, reference: str, captured: Captured) -> RefundOutcome:
        """Read one refund as it is now."""
        with time_limit(self._seconds):
            try:
                refund = self._calls().read_refund(reference, options_for(captured.account))
            except StripeError as error:
                return after_read(error)
        return read_refund(refund) or _UNREADABLE

    def _look(self, call: FrozenCall, otherwise: RefundOutcome) -> RefundOutcome:
        try:
            found = next((each for each in self._listed(call) if _names(each, call)), None)
        except StripeError as error:
            return after_read(error)
        except _Endless:
            return o.Indeterminate(f"more than {MOST_PAGES} pages of refunds")
        return otherwise if found is None else read_refund(found) or _UNREADABLE

    def _listed(self, call: FrozenCall) -> Iterator[object]:
        """Every refund of the PaymentIntent: a list by it is consistent, unlike a search."""
        options = options_for(call.body["account"])
        params = {"payment_intent": call.body["refund"]["payment_intent"], "limit": _PAGE}
        for _ in range(MOST_PAGES):
            page = self._calls().list_refunds(params, options)
            refunds = items(page, "data")
            yield from refunds
            match at(page, "object"), at(page, "has_more"):
                case "list", False:
                    return
                case "list", True if refunds:
                    params = params | {"starting_after": text(refunds[-1], "id")}
                case _:
                    raise _Endless
        raise _Endless


class _Endless(Exception):
    """The list could not be read to its end, so that nothing is proven."""


def read_refund(refund: object) -> RefundFact | None:
    """Read a refund by its status; None for what is none."""
    reference, capture = text(refund, "id"), id_of(refund, "charge")
    money, status = money_of(refund, "amount"), _STATUSES.get(text(refund, "status") or "")
    if reference is None or capture is None or money is None or status is None:
        return None
    return RefundFact(reference, capture, money, status, our_references(refund))


def _names(refund: object, call: FrozenCall) -> bool:
    ours: str = call.body["refund"]["metadata"]["refund"]
    return text(refund, "metadata", "refund") == ours


def _refused(error: InvalidRequestError) -> Refused:
    return Refused(error.code or "invalid_request", _REFUSAL)


def _unanswered(error: StripeError) -> RefundOutcome:
    match after_payment(error):
        case (o.NotSent() | o.Indeterminate() | o.Misconfigured()) as outcome:
            return outcome
        case o.Declined(code):
            return Refused(code, _REFUSAL)
        case _:
            return _UNREADABLE


def _options(call: FrozenCall, key: str) -> RequestOptions:
    return {
        "idempotency_key": key,
        "stripe_account": call.body["account"],
        "stripe_version": call.body["api_version"],
    }
