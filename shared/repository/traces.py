"""Traces: the context that a row was made in, for the work that it leads to."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, text

from shared import tracing
from shared.task_names import (
    CHARGE_CANCEL,
    CHARGE_EXECUTE,
    OUTBOUND_EVENT_DELIVER,
    REFUND_EXECUTE,
    WEBHOOK_EVENT_HANDLE,
)

_OF_CHARGE: Final = text("SELECT traceparent FROM charges WHERE id = :id")
_OF_SUBJECT: Final = {
    CHARGE_EXECUTE: _OF_CHARGE,
    CHARGE_CANCEL: _OF_CHARGE,
    REFUND_EXECUTE: text("SELECT traceparent FROM refunds WHERE id = :id"),
    WEBHOOK_EVENT_HANDLE: text("SELECT traceparent FROM webhook_events WHERE id = :id"),
    OUTBOUND_EVENT_DELIVER: text("""
        SELECT e.traceparent FROM outbound_deliveries d JOIN outbound_events e ON e.id = d.event_id
        WHERE d.id = :id
    """),
}


def traceparent_of(connection: Connection, task: str, row_id: object) -> str | None:
    """The `traceparent` under which the row was made that a task is about; None where unknown."""
    query = _OF_SUBJECT.get(task)
    if query is None:
        return None
    found: str | None = connection.execute(query, {"id": row_id}).scalar_one_or_none()
    return found


def link_charge(connection: Connection, charge_id: int) -> None:
    """Let the current span point at the one that the charge was accepted in."""
    if tracing.trace_id():
        tracing.link(traceparent_of(connection, CHARGE_EXECUTE, charge_id))
