"""The record of moves: transitions, completed orders, announcements."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, text

from shared.batch import Writer
from shared.domain.charge import Charge, OrderStatus, Status
from shared.domain.decisions import Decision
from shared.domain.outbound import OutboundType
from shared.repository import outbox
from shared.tables import transitions

ANNOUNCED: Final = {
    Status.SUCCEEDED: (OutboundType.CHARGE_SUCCEEDED, OutboundType.ORDER_COMPLETED),
    Status.FAILED: (OutboundType.CHARGE_FAILED,),
    Status.CANCELED: (OutboundType.CHARGE_CANCELED,),
    Status.REQUIRES_ACTION: (OutboundType.CHARGE_REQUIRES_ACTION,),
    Status.NEEDS_REVIEW: (OutboundType.CHARGE_NEEDS_REVIEW,),
}
"""What the ticketing platform is told when a charge arrives at a status."""

_APPEND: Final = insert(transitions).inline()


def record_transition(
    writer: Writer,
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
    writer.execute(_APPEND, move)


PAYABLE: Final = (OrderStatus.PENDING, OrderStatus.EXPIRED)
"""What money may still complete; whether it may an expired order is weighed before."""

_COMPLETE: Final = text("""
    UPDATE orders SET status = 'completed', completed_at = :now, updated_at = :now
    WHERE id = :order AND status = ANY(:payable)
""")


def complete_order(writer: Writer, order_id: int, now: datetime) -> None:
    """Mark the order paid; the database refuses it without a succeeded charge."""
    writer.execute(_COMPLETE, {"order": order_id, "now": now, "payable": list(PAYABLE)})


def announce(writer: Writer, charge: Charge, decision: Decision, now: datetime) -> None:
    """Store what the ticketing platform must hear of the move, in the move's own transaction."""
    told = [
        outbox.Announcement(charge.order_id, kind, _payload(charge, decision))
        for kind in ANNOUNCED.get(decision.status, ())
    ]
    outbox.announce(writer, told, now)


def _payload(charge: Charge, decision: Decision) -> dict[str, str | None]:
    return {
        "charge": str(charge.identifier),
        "order": str(charge.order_identifier),
        "status": decision.status,
        "amount": charge.money.major,
        "currency": charge.money.currency,
        "failure-code": decision.failure.code if decision.failure else None,
    }
