"""Payments v1 as PayPal writes them (developer.paypal.com/docs/api/payments/v1)."""

from __future__ import annotations

from typing import Final

from shared.domain.money import Money
from shared.providers.base import JsonObject
from shared.providers.paypal import reading
from shared.providers.paypal.agreement import Agreement, Capture, Settlement, Standing
from shared.providers.paypal.reading import Unreadable

_STANDINGS: Final = {
    # The state moves with the execution alone; whoever has a payer's id has the approval.
    "created": Standing.APPROVED,
    "approved": Standing.CLOSED,
    "in_progress": Standing.CLOSED,
    "partially_completed": Standing.CLOSED,
    "failed": Standing.FAILED,
    "canceled": Standing.VOIDED,
    "expired": Standing.VOIDED,
}
_SETTLEMENTS: Final = {
    "completed": Settlement.DONE,
    "partially_refunded": Settlement.DONE,
    "refunded": Settlement.DONE,
    "pending": Settlement.PENDING,
    "denied": Settlement.REFUSED,
}


def read_payment(body: JsonObject) -> Agreement:
    """Read a payment; Unreadable for anything else."""
    transactions = reading.several(body, "transactions")
    if not transactions:
        raise Unreadable("no transactions")
    sales = [
        read_sale(related["sale"], beside=transaction)
        for transaction in transactions
        for related in reading.several(transaction, "related_resources")
        if isinstance(related.get("sale"), dict)
    ]
    return Agreement(
        reference=reading.demand_id(body, "id"),
        standing=_standing(body),
        intent=reading.demand(body, "intent"),
        money=_money(transactions[0]) if len(transactions) == 1 else None,
        payees=_payees(transactions),
        our_references=references(*transactions),
        captures=tuple(sales),
        reason=reading.text(body, "failure_reason"),
    )


def read_sale(body: JsonObject, beside: JsonObject) -> Capture:
    """Read a sale; `beside` is its transaction, which names us where the sale omits to."""
    state = reading.demand(body, "state")
    if state not in _SETTLEMENTS:
        raise Unreadable("an unknown sale state")
    return Capture(
        reference=reading.demand_id(body, "id"),
        settlement=_SETTLEMENTS[state],
        money=_money(body),
        our_references=references(body) or references(beside),
        reason=reading.text(body, "reason_code"),
    )


def references(*bodies: JsonObject) -> frozenset[str]:
    """What of ours stands on transactions or sales."""
    named = (reading.identifiers(body, "custom", "invoice_number") for body in bodies)
    return frozenset().union(*named)


def _standing(body: JsonObject) -> Standing:
    state = reading.demand(body, "state")
    if state not in _STANDINGS:
        raise Unreadable("an unknown payment state")
    return _STANDINGS[state]


def _money(body: JsonObject) -> Money:
    return reading.money(body, "total", "currency", "amount")


def _payees(transactions: list[JsonObject]) -> frozenset[str]:
    named = (reading.texts(each.get("payee"), "email", "merchant_id") for each in transactions)
    return frozenset(name.lower() for names in named for name in names)
