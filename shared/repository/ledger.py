"""The record of moves: transitions, completed orders, announcements."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, bindparam, insert, update

from shared.domain.charge import Charge, OrderStatus, Status
from shared.domain.decisions import Decision
from shared.tables import orders, outbound_events, transitions

ANNOUNCED: Final = {
    Status.SUCCEEDED: ("charge.succeeded", "order.completed"),
    Status.FAILED: ("charge.failed",),
    Status.CANCELED: ("charge.canceled",),
    Status.REQUIRES_ACTION: ("charge.requires_action",),
    Status.NEEDS_REVIEW: ("charge.needs_review",),
}
"""What the ticketing platform is told when a charge arrives at a status."""

_APPEND: Final = insert(transitions)


def record_transition(
    connection: Connection,
    charge: Charge,
    decision: Decision,
    *,
    at: datetime,
    actor: str,
    evidence: dict[str, Any] | None,
) -> None:
    """Append who moved the charge, from where, to where, why."""
    move = {
        "charge_id": charge.id,
        "at": at,
        "actor": actor,
        "event": decision.event,
        "from_status": charge.status,
        "to_status": decision.status,
        "reason": decision.reason,
        "evidence": evidence,
    }
    connection.execute(_APPEND, move)


_COMPLETE: Final = (
    update(orders)
    .where(orders.c.id == bindparam("order"), orders.c.status == OrderStatus.PENDING)
    .values(status=OrderStatus.COMPLETED)
)


def complete_order(connection: Connection, order_id: int, now: datetime) -> None:
    """Mark the order paid; the database refuses it without a succeeded charge."""
    connection.execute(_COMPLETE, {"order": order_id, "completed_at": now, "updated_at": now})


_ANNOUNCE: Final = insert(outbound_events)


def announce(connection: Connection, charge: Charge, decision: Decision, now: datetime) -> None:
    """Store what the ticketing platform must hear of the move, in the move's own transaction."""
    rows = [
        {
            "identifier": uuid4(),
            "order_id": charge.order_id,
            "event_type": event_type,
            "payload": _payload(charge, decision),
            "created_at": now,
        }
        for event_type in ANNOUNCED.get(decision.status, ())
    ]
    if rows:
        connection.execute(_ANNOUNCE, rows)


def _payload(charge: Charge, decision: Decision) -> dict[str, str | None]:
    return {
        "charge": str(charge.identifier),
        "order": str(charge.order_identifier),
        "status": decision.status,
        "amount": charge.money.major,
        "currency": charge.money.currency,
        "failure-code": decision.failure.code if decision.failure else None,
    }
