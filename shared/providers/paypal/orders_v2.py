"""Orders v2 as PayPal writes them (developer.paypal.com/docs/api/orders/v2)."""

from __future__ import annotations

from typing import Final

from shared.domain.money import Money
from shared.providers.base import JsonObject
from shared.providers.paypal import reading
from shared.providers.paypal.agreement import Agreement, Capture, Settlement, Standing
from shared.providers.paypal.reading import Unreadable

_STANDINGS: Final = {
    "CREATED": Standing.OPEN,
    "SAVED": Standing.OPEN,
    "PAYER_ACTION_REQUIRED": Standing.OPEN,
    "PENDING_APPROVAL": Standing.OPEN,
    "APPROVED": Standing.APPROVED,
    # Not money: recorded orders are COMPLETED while their capture is PENDING.
    "COMPLETED": Standing.CLOSED,
    "VOIDED": Standing.VOIDED,
}
_SETTLEMENTS: Final = {
    "COMPLETED": Settlement.DONE,
    "PARTIALLY_REFUNDED": Settlement.DONE,
    "REFUNDED": Settlement.DONE,
    "PENDING": Settlement.PENDING,
    "DECLINED": Settlement.REFUSED,
    "DENIED": Settlement.REFUSED,
    "FAILED": Settlement.REFUSED,
}
APPROVAL_LINKS: Final = ("payer-action", "approve")


def read_order(body: JsonObject) -> Agreement:
    """Read a whole order (`Prefer: return=representation`); Unreadable for anything else."""
    units = reading.several(body, "purchase_units")
    if not units:
        raise Unreadable("no purchase_units")
    captures = [
        read_capture(capture, beside=unit)
        for unit in units
        for capture in reading.several(unit, "payments", "captures")
    ]
    return Agreement(
        reference=reading.demand_id(body, "id"),
        standing=_standing(body),
        intent=reading.demand(body, "intent"),
        money=_money(units[0]) if len(units) == 1 else None,
        payees=_payees(units),
        our_references=references(*units),
        captures=tuple(captures),
        page=reading.page(body, *APPROVAL_LINKS),
    )


def read_capture(body: JsonObject, beside: JsonObject) -> Capture:
    """Read a capture; `beside` is the unit it stands in, which names us where the capture omits to.

    In an event a capture stands alone, and is its own unit.
    """
    status = reading.demand(body, "status")
    if status not in _SETTLEMENTS:
        raise Unreadable("an unknown capture status")
    return Capture(
        reference=reading.demand_id(body, "id"),
        settlement=_SETTLEMENTS[status],
        money=_money(body),
        our_references=references(body) or references(beside),
        reason=reading.text(body, "status_details", "reason"),
    )


def references(*units: JsonObject) -> frozenset[str]:
    """What of ours stands on units or captures."""
    return frozenset().union(
        *(reading.identifiers(unit, "custom_id", "invoice_id") for unit in units)
    )


def order_of(capture: JsonObject) -> str | None:
    """The order of a capture: a pending one names it in its links only."""
    named = reading.text(capture, "supplementary_data", "related_ids", "order_id")
    return named if named and reading.is_id(named) else reading.linked_id(capture, "up", "orders")


def _standing(body: JsonObject) -> Standing:
    status = reading.demand(body, "status")
    if status not in _STANDINGS:
        raise Unreadable("an unknown order status")
    return _STANDINGS[status]


def _money(body: JsonObject) -> Money:
    return reading.money(body, "value", "currency_code", "amount")


def _payees(units: list[JsonObject]) -> frozenset[str]:
    named = (reading.texts(unit.get("payee"), "email_address", "merchant_id") for unit in units)
    return frozenset(name.lower() for names in named for name in names)
