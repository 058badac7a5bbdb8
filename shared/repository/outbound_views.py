"""Outbound views: events and deliveries as the ticketing platform sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from shared.domain.outbound import DeliveryStatus


@dataclass(frozen=True, slots=True)
class EventView:
    """An event that was told, or is being told."""

    id: int
    identifier: UUID
    order_id: int | None
    event_type: str
    payload: Mapping[str, object]
    created_at: datetime


_READ: Final = """
    SELECT v.id, v.identifier, v.order_id, v.event_type, v.payload, v.created_at
    FROM outbound_events v
"""
_READ_ONE: Final = text(f"{_READ} WHERE v.id = :id OR v.identifier = :identifier")
_LIST: Final = text(f"""
    {_READ} WHERE (CAST(:order_id AS bigint) IS NULL OR v.order_id = :order_id)
        AND (CAST(:before AS bigint) IS NULL OR v.id < :before)
        AND (CAST(:status AS text) IS NULL OR (
            SELECT bool_or(d.status = :status) FROM outbound_deliveries d WHERE d.event_id = v.id))
    ORDER BY v.id DESC LIMIT :most
""")  # noqa: S608 - the columns are a constant of this module


def read_event(
    connection: Connection, row_id: int | None, identifier: UUID | None
) -> EventView | None:
    """An event named by primary key or identifier."""
    arguments = {"id": row_id, "identifier": identifier}
    row = connection.execute(_READ_ONE, arguments).mappings().one_or_none()
    return None if row is None else EventView(**row)


def list_events(
    connection: Connection,
    *,
    order_id: int | None = None,
    status: DeliveryStatus | None = None,
    before: int | None,
    most: int,
) -> list[EventView]:
    """Events, of one order or of all, with a delivery that stands so or any, the newest first."""
    arguments = {"order_id": order_id, "status": status, "before": before, "most": most}
    return [EventView(**row) for row in connection.execute(_LIST, arguments).mappings()]


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One try; without an end its worker died, or is at it."""

    number: int
    started_at: datetime
    status_code: int | None
    latency_ms: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """An event on its way to an endpoint, with what came of it so far."""

    id: int
    event_id: int
    event_identifier: UUID
    event_type: str
    url: str
    """Of the endpoint."""
    status: DeliveryStatus
    next_attempt_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    attempts: tuple[AttemptView, ...]


_DELIVERY: Final = """
    SELECT d.id, d.event_id, v.identifier AS event_identifier, v.event_type, e.url, d.status,
           d.next_attempt_at, d.created_at, d.finished_at
    FROM outbound_deliveries d JOIN outbound_events v ON v.id = d.event_id
    JOIN outbound_endpoints e ON e.id = d.endpoint_id
"""
_DELIVERIES: Final = text(f"""
    {_DELIVERY}
    WHERE d.endpoint_id = :endpoint_id AND (CAST(:before AS bigint) IS NULL OR d.id < :before)
    ORDER BY d.id DESC LIMIT :most
""")
_OF_EVENT: Final = text(f"{_DELIVERY} WHERE d.event_id = :event_id ORDER BY d.id")
_ATTEMPTS: Final = text("""
    SELECT delivery_id, number, started_at, status_code, latency_ms, error
    FROM outbound_attempts WHERE delivery_id = ANY(:ids) ORDER BY delivery_id, number
""")


def list_deliveries(
    connection: Connection, endpoint_id: int, *, before: int | None, most: int
) -> list[DeliveryView]:
    """An endpoint's deliveries, the newest first, with their tries in the order they were made."""
    arguments = {"endpoint_id": endpoint_id, "before": before, "most": most}
    return _views(connection, connection.execute(_DELIVERIES, arguments).mappings().all())


def deliveries_of(connection: Connection, event_id: int) -> list[DeliveryView]:
    """An event's deliveries, one to an endpoint, with their tries in the order they were made."""
    rows = connection.execute(_OF_EVENT, {"event_id": event_id}).mappings().all()
    return _views(connection, rows)


_STATES: Final = text("""
    SELECT event_id, string_agg(status, ', ' ORDER BY id) AS states
    FROM outbound_deliveries WHERE event_id = ANY(:ids) GROUP BY event_id
""")


def delivery_states(connection: Connection, event_ids: Sequence[int]) -> dict[int, str]:
    """How each event's deliveries stand, in words; without those that nobody wants."""
    rows = connection.execute(_STATES, {"ids": list(event_ids)})
    return {row.event_id: row.states for row in rows}


_EVENT_OF: Final = text("SELECT event_id FROM outbound_deliveries WHERE id = :id")


def event_of(connection: Connection, delivery_id: int) -> int | None:
    """The id of the event that a delivery brings; None where there is no such delivery."""
    found: int | None = connection.execute(_EVENT_OF, {"id": delivery_id}).scalar_one_or_none()
    return found


def _views(connection: Connection, rows: Sequence[RowMapping]) -> list[DeliveryView]:
    tries: dict[int, list[AttemptView]] = {row["id"]: [] for row in rows}
    if rows:
        for delivery_id, *facts in connection.execute(_ATTEMPTS, {"ids": list(tries)}):
            tries[delivery_id].append(AttemptView(*facts))
    return [
        DeliveryView(
            **{**row, "status": DeliveryStatus(row["status"])}, attempts=tuple(tries[row["id"]])
        )
        for row in rows
    ]
