"""What PayPal's webhook events say.

In refund events the resource is the refund, its capture stands only in a link; v1 writes refunded
amounts negative, and of a reversal names neither sale nor payment. Only ids are taken from links.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Final

from shared.domain.errors import ForgedWebhook
from shared.domain.outcomes import Indeterminate, Outcome, PayerActed, Refusal
from shared.providers.base import (
    DisputeFact,
    JsonObject,
    ProviderEvent,
    Translation,
)
from shared.providers.paypal import orders_v2, payments_v1, reading
from shared.providers.paypal.answers import declined
from shared.providers.paypal.failures import CallFailed
from shared.providers.paypal.reading import Unreadable
from shared.providers.paypal.refund_reading import (
    capture_of,
    read_capture_refund,
    read_sale_refund,
)
from shared.providers.paypal.verdicts import capture_outcome

_EVENT_ID: Final = re.compile(r"[A-Za-z0-9-]{1,100}")
_EVENT_TYPE: Final = re.compile(r"[A-Z0-9._-]{1,100}")

_DISPUTE_OUTCOMES: Final = {
    "RESOLVED_BUYER_FAVOUR": "lost",
    "ACCEPTED": "lost",
    "RESOLVED_SELLER_FAVOUR": "won",
    "DENIED": "won",
    "CANCELED_BY_BUYER": "won",
}
"""RESOLVED_WITH_PAYOUT, where PayPal pays of its own, and what is unknown: plainly `closed`."""
_PAID_OUT: Final = "RESOLVED_WITH_PAYOUT"


@dataclass(frozen=True, slots=True)
class _Telling:
    """A resource, with what reading it may need besides."""

    resource: JsonObject
    ask: Callable[[str], JsonObject]
    """Reads a path of PayPal's API; CallFailed where that fails."""
    livemode: bool


def read_envelope(body: bytes, *, livemode: bool) -> ProviderEvent:
    """Read what every event has; ForgedWebhook for what cannot be PayPal's."""
    event = reading.parsed(body)
    event_id, event_type = reading.text(event, "id") or "", reading.text(event, "event_type") or ""
    created_at = reading.instant(reading.text(event, "create_time"))
    is_named = _EVENT_ID.fullmatch(event_id) and _EVENT_TYPE.fullmatch(event_type)
    if created_at is None or not is_named:
        raise ForgedWebhook("the signed body is no event")
    return ProviderEvent(event_id, event_type, None, livemode, created_at.astimezone(UTC))


_PENDING_IN: Final = {
    ("PAYMENT.CAPTURE.COMPLETED", "PENDING"): "v2/payments/captures/{}",
    ("PAYMENT.SALE.COMPLETED", "pending"): "v1/payments/sale/{}",
}
"""Where an object stands whose event says that it is complete, and its snapshot that it is not."""


def translate(body: bytes, ask: Callable[[str], JsonObject], *, livemode: bool) -> Translation:
    """Read a verified event; Indeterminate where something that it takes cannot be read now."""
    event = reading.parsed(body)
    event_type, resource = reading.text(event, "event_type") or "", event.get("resource")
    reader = _READERS.get(event_type)
    if reader is None or not isinstance(resource, dict):
        return Translation(None)
    try:
        return reader(_Telling(_as_told(event_type, resource, ask), ask, livemode))
    except Unreadable as unreadable:
        return Translation(Indeterminate(f"unreadable {event_type}: {unreadable}"))
    except CallFailed as failed:
        problem = failed.problem
        return Translation(Indeterminate(problem.reason, retry_after=problem.retry_after))


def _as_told(event_type: str, resource: JsonObject, ask: Callable[[str], JsonObject]) -> JsonObject:
    """The object; read anew where an event of its end shows it as it was before."""
    status = reading.text(resource, "status") or reading.text(resource, "state") or ""
    where = _PENDING_IN.get((event_type, status))
    return ask(where.format(reading.demand_id(resource, "id"))) if where else resource


def _order_approved(told: _Telling) -> Translation:
    order_id = reading.demand_id(told.resource, "id")
    return _about(PayerActed(order_id), {order_id}, _named_on_order(told.resource))


def _order_completed(told: _Telling) -> Translation:
    """Not money: a capture of it may be pending, or declined."""
    order_id = reading.demand_id(told.resource, "id")
    return Translation(None, frozenset({order_id}), _named_on_order(told.resource))


def _approval_reversed(told: _Telling) -> Translation:
    resource = told.resource
    order_id = reading.demand_id(resource, "order_id" if "order_id" in resource else "id")
    fact = declined(Refusal.BUYER, "payment_approval_reversed", order_id)
    return _about(fact, {order_id}, _named_on_order(resource))


def _capture(told: _Telling) -> Translation:
    capture = orders_v2.read_capture(told.resource, beside=told.resource)
    order_id = orders_v2.order_of(told.resource)
    if order_id is None:
        whole = told.ask(f"v2/payments/captures/{capture.reference}")
        order_id = orders_v2.order_of(whole)
    if order_id is None:
        raise Unreadable("a capture without an order")
    fact = capture_outcome(order_id, capture, livemode=told.livemode)
    return _about(fact, {order_id, capture.reference}, capture.our_references)


def _sale(told: _Telling) -> Translation:
    sale = payments_v1.read_sale(told.resource, beside=told.resource)
    payment_id = reading.demand_id(told.resource, "parent_payment")
    fact = capture_outcome(payment_id, sale, livemode=told.livemode)
    return _about(fact, {payment_id, sale.reference}, sale.our_references)


def _capture_refund(told: _Telling) -> Translation:
    refund = told.resource
    named = capture_of(refund)
    if named is None:
        whole = told.ask(f"v2/payments/refunds/{reading.demand_id(refund, 'id')}")
        named = capture_of(whole)
    fact = read_capture_refund(refund, named)
    return Translation(fact, frozenset({fact.capture_reference}), fact.our_references)


def _sale_refund(told: _Telling) -> Translation:
    refund_id = reading.demand_id(told.resource, "id")
    is_whole = reading.text(told.resource, "sale_id") is not None
    refund = told.resource if is_whole else told.ask(f"v1/payments/refund/{refund_id}")
    fact = read_sale_refund(refund)
    named = frozenset(filter(reading.is_id, reading.texts(refund, "parent_payment")))
    return Translation(fact, named | {fact.capture_reference}, fact.our_references)


def _dispute(told: _Telling) -> Translation:
    dispute = told.resource
    transactions = reading.several(dispute, "disputed_transactions")
    if not transactions:
        raise Unreadable("no disputed_transactions")
    captures = [reading.demand_id(each, "seller_transaction_id") for each in transactions]
    money = reading.money(dispute, "value", "currency_code", "dispute_amount")
    outcome = _dispute_outcome(dispute)
    status = _dispute_status(outcome)
    fact = DisputeFact(
        dispute_reference=reading.demand_id(dispute, "dispute_id"),
        capture_reference=captures[0],
        money=money,
        status=status,
        reason=reading.text(dispute, "reason") or "OTHER",
        # PayPal holds the amount from the first day on, and says of its return by the outcome.
        withdrawn_minor=money.amount_minor,
        reinstated_minor=money.amount_minor if status == "won" or outcome == _PAID_OUT else 0,
    )
    return Translation(fact, frozenset(captures), payments_v1.references(*transactions))


_READERS: Final[Mapping[str, Callable[[_Telling], Translation]]] = {
    "CHECKOUT.ORDER.APPROVED": _order_approved,
    "CHECKOUT.ORDER.COMPLETED": _order_completed,
    "CHECKOUT.PAYMENT-APPROVAL.REVERSED": _approval_reversed,
    **dict.fromkeys(
        (f"PAYMENT.CAPTURE.{verb}" for verb in ("COMPLETED", "PENDING", "DENIED", "DECLINED")),
        _capture,
    ),
    **dict.fromkeys(("PAYMENT.CAPTURE.REFUNDED", "PAYMENT.CAPTURE.REVERSED"), _capture_refund),
    **dict.fromkeys(("PAYMENT.REFUND.PENDING", "PAYMENT.REFUND.FAILED"), _capture_refund),
    **dict.fromkeys((f"PAYMENT.SALE.{verb}" for verb in ("COMPLETED", "PENDING", "DENIED")), _sale),
    **dict.fromkeys(("PAYMENT.SALE.REFUNDED", "PAYMENT.SALE.REVERSED"), _sale_refund),
    **dict.fromkeys(
        (f"CUSTOMER.DISPUTE.{verb}" for verb in ("CREATED", "UPDATED", "RESOLVED")), _dispute
    ),
}
"""By event type; the type says what the resource is, the resource says how it stands."""

TYPES: Final = frozenset(_READERS)
"""What is read here."""


def _about(fact: Outcome, references: set[str], ours: frozenset[str]) -> Translation:
    return Translation(fact, frozenset(references), ours)


def _named_on_order(order: JsonObject) -> frozenset[str]:
    return orders_v2.references(*reading.several(order, "purchase_units"))


def _dispute_outcome(dispute: JsonObject) -> str | None:
    """How it ended; None while it is open."""
    if reading.text(dispute, "status") != "RESOLVED":
        return None
    return reading.text(dispute, "dispute_outcome", "outcome_code") or ""


def _dispute_status(outcome: str | None) -> str:
    return "open" if outcome is None else _DISPUTE_OUTCOMES.get(outcome, "closed")
