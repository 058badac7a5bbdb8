"""Refunds as PayPal writes them, in both of its APIs."""

from __future__ import annotations

from typing import Final

from shared.domain.refund import RefundFact, RefundStatus
from shared.providers.base import JsonObject
from shared.providers.paypal import orders_v2, payments_v1, reading
from shared.providers.paypal.reading import Unreadable

_STATUSES: Final = {
    "COMPLETED": RefundStatus.SUCCEEDED,
    "PENDING": RefundStatus.PENDING,
    "FAILED": RefundStatus.FAILED,
    "CANCELLED": RefundStatus.CANCELED,
}


def capture_of(refund: JsonObject) -> str | None:
    """The capture of a v2 refund, which only a link names."""
    return reading.linked_id(refund, "up", "captures")


def read_capture_refund(refund: JsonObject, capture_id: str | None = None) -> RefundFact:
    """Read a v2 refund; Unreadable for anything else."""
    capture_id = capture_of(refund) or capture_id
    if capture_id is None:
        raise Unreadable("a refund without a capture")
    return RefundFact(
        refund_reference=reading.demand_id(refund, "id"),
        capture_reference=capture_id,
        money=reading.money(refund, "value", "currency_code", "amount"),
        status=_status(refund, "status"),
        our_references=orders_v2.references(refund),
    )


def read_sale_refund(refund: JsonObject) -> RefundFact:
    """Read a v1 refund, whose amount an event writes negative; Unreadable for anything else."""
    return RefundFact(
        refund_reference=reading.demand_id(refund, "id"),
        capture_reference=reading.demand_id(refund, "sale_id"),
        money=reading.money(refund, "total", "currency", "amount"),
        status=_status(refund, "state"),
        our_references=payments_v1.references(refund),
    )


def _status(refund: JsonObject, member: str) -> RefundStatus:
    status = _STATUSES.get(reading.demand(refund, member).upper())
    if status is None:
        raise Unreadable("an unknown refund status")
    return status
