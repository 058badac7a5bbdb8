"""The keeping of PayPal-Request-Ids: how long, for which calls, what a replay shows."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sandbox.call import Call
from sandbox.idempotency import Claim, InFlight, Mismatch, Record
from sandbox.paypal.books import books_of
from sandbox.paypal.problems import Detail, Problem, conflict, invalid, unprocessable
from sandbox.reply import Reply
from sandbox.requests_log import digest

HEADER = "PayPal-Request-Id"
View = Callable[[Call, str], Reply]
"""How the latest status of an object is shown: what a replay answers [P, D]."""


@dataclass(frozen=True)
class Keeping:
    """One kind of call that honours the header."""

    path: re.Pattern[str]
    life: timedelta
    longest: int
    view: str
    """Which object the replay shows: order, payment, refund or sale_refund."""


KEEPINGS = (
    Keeping(re.compile(r"/v2/checkout/orders(/[^/]+/capture)?"), timedelta(hours=6), 108, "order"),
    Keeping(re.compile(r"/v2/payments/captures/[^/]+/refund"), timedelta(days=45), 108, "refund"),
    Keeping(re.compile(r"/v1/payments/payment/[^/]+/execute"), timedelta(days=30), 78, "payment"),
    Keeping(
        re.compile(r"/v1/payments/(sale|capture)/[^/]+/refund"),
        timedelta(days=30),
        78,
        "sale_refund",
    ),
)
"""Creating a v1 payment is not among them: its specification has no such header [P]."""
_CAPTURE = re.compile(r"/v2/checkout/orders/(?P<id>[^/]+)/capture")


@dataclass(frozen=True)
class CaptureClaim(Claim):
    """A claim that also marks its order as being captured."""

    capturing: set[str]
    order_id: str

    def release(self) -> None:
        """Let go of the order along with the key."""
        self.capturing.discard(self.order_id)
        Claim.release(self)


@dataclass(frozen=True)
class Replayed:
    """The request was done before: show the object it made, in its latest status."""

    view: str
    reply: Reply


def keeping_of(call: Call) -> Keeping | None:
    """Give the rule for a call, if it honours the header."""
    if call.arrival.method != "POST":
        return None
    return next((rule for rule in KEEPINGS if rule.path.fullmatch(call.arrival.path)), None)


def claim(call: Call) -> Claim | Replayed | None:
    """Take the request id, find its earlier answer, or raise what PayPal refuses with."""
    rule = keeping_of(call)
    busy = _CAPTURE.fullmatch(call.arrival.path)
    if rule is None or not call.idempotency_key:
        _demand_idle(call, busy)
        return None
    if len(call.idempotency_key) > rule.longest:
        raise invalid(Detail("INVALID_STRING_MAX_LENGTH", HEADER, call.idempotency_key))
    expires_at = call.now + rule.life.total_seconds()
    fresh = Record(digest(_canonical(call)), call.arrival.request_id, expires_at)
    address = (f"paypal POST {call.arrival.path}", call.idempotency_key)
    verdict = call.tenant.idempotency.claim(address, fresh, call.now)
    match verdict:
        case InFlight():
            raise conflict("PREVIOUS_REQUEST_IN_PROGRESS")
        case Mismatch():
            raise duplicate_request_id()
        case Claim():
            return _marked(call, verdict, busy)
        case _:
            return Replayed(rule.view, verdict.reply)


def duplicate_request_id() -> Problem:
    """Refuse a request id that came with another body before."""
    return unprocessable("DUPLICATE_REQUEST_ID")


def _marked(call: Call, taken: Claim, busy: re.Match[str] | None) -> Claim:
    if busy is None:
        return taken
    try:
        _demand_idle(call, busy)
    except Problem:
        taken.release()
        raise
    capturing = books_of(call).capturing
    capturing.add(busy["id"])
    return CaptureClaim(taken.store, taken.address, taken.record, capturing, busy["id"])


def _demand_idle(call: Call, busy: re.Match[str] | None) -> None:
    if busy is not None and busy["id"] in books_of(call).capturing:
        raise unprocessable("ORDER_COMPLETION_IN_PROGRESS")


def _canonical(call: Call) -> bytes:
    return b"{}" if call.arrival.body in (b"", b"null") else call.arrival.body
