"""The outbox: what the ticketing platform is told, stored with the move that it tells of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, text

from shared.batch import Writer
from shared.domain.outbound import OutboundType


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something that happened to an order."""

    order_id: int
    kind: OutboundType
    data: Mapping[str, object]


_ANNOUNCE: Final = text("""
    WITH told AS (
        INSERT INTO outbound_events (identifier, order_id, event_type, payload, created_at)
        SELECT identifier, order_id, kind, CAST(payload AS jsonb), :now
        FROM unnest(CAST(:identifiers AS uuid[]), CAST(:orders AS bigint[]),
                    CAST(:kinds AS text[]), CAST(:payloads AS text[]))
            WITH ORDINALITY AS told (identifier, order_id, kind, payload, place)
        ORDER BY place
        RETURNING id, order_id, event_type
    )
    INSERT INTO outbound_deliveries
        (event_id, endpoint_id, order_id, status, next_attempt_at, dispatch_at, created_at)
    SELECT t.id, e.id, t.order_id, 'pending', :now, :now, :now
    FROM told t JOIN outbound_endpoints e ON e.status <> 'deleted'
        AND (e.event_types = '{}' OR t.event_type = ANY(e.event_types))
    ORDER BY t.id
""")


def announce(writer: Writer, told: Sequence[Announcement], now: datetime) -> None:
    """Store what happened, in that order, with a delivery due to each endpoint that wants it.

    One statement, in the transaction that holds the order's lock: so the ids of an order's events
    grow in the order in which they happened.
    """
    if not told:
        return
    arguments = {
        "identifiers": [str(uuid4()) for _ in told],
        "orders": [one.order_id for one in told],
        "kinds": [str(one.kind) for one in told],
        "payloads": [json.dumps(one.data) for one in told],
        "now": now,
    }
    writer.execute(_ANNOUNCE, arguments)


_PING: Final = text("""
    WITH told AS (
        INSERT INTO outbound_events (identifier, event_type, payload, created_at)
        VALUES (:identifier, :kind, CAST(:payload AS jsonb), :now) RETURNING id
    )
    INSERT INTO outbound_deliveries
        (event_id, endpoint_id, status, next_attempt_at, dispatch_at, created_at)
    SELECT id, :endpoint_id, 'pending', :now, :now, :now FROM told RETURNING event_id
""")


def ping(connection: Connection, endpoint_id: int, endpoint: UUID, now: datetime) -> int:
    """Store an event that tells one endpoint of nothing but itself; the event's id."""
    arguments = {
        "identifier": uuid4(),
        "kind": OutboundType.ENDPOINT_PING,
        "payload": json.dumps({"endpoint": str(endpoint)}),
        "endpoint_id": endpoint_id,
        "now": now,
    }
    return int(connection.execute(_PING, arguments).scalar_one())


_WANTED: Final = """
    FROM outbound_events v JOIN outbound_endpoints e ON e.status <> 'deleted'
    WHERE v.id = :id AND CASE WHEN v.order_id IS NULL
        THEN EXISTS (SELECT FROM outbound_deliveries WHERE event_id = v.id AND endpoint_id = e.id)
        ELSE e.event_types = '{}' OR v.event_type = ANY(e.event_types) END
"""
"""Event `v` with each endpoint `e` that wants it."""

_REPLAY: Final = text(f"""
    INSERT INTO outbound_deliveries AS d
        (event_id, endpoint_id, order_id, status, next_attempt_at, dispatch_at, created_at)
    SELECT v.id, e.id, v.order_id, 'pending', :now, :now, :now
    {_WANTED}
    ON CONFLICT ON CONSTRAINT uq_outbound_deliveries_event DO UPDATE SET
        status = 'pending', tries = 0, next_attempt_at = :now, dispatch_at = :now,
        claim_number = d.claim_number + 1, claimed_until = NULL, finished_at = NULL
    WHERE d.claimed_until IS NULL OR d.claimed_until <= :now
""")


def replay(connection: Connection, event_id: int, now: datetime) -> int:
    """Send an event again, under its own id, to each endpoint that wants it; to how many.

    Not to one that is being told of it at this moment.
    """
    return connection.execute(_REPLAY, {"id": event_id, "now": now}).rowcount


_IS_WANTED: Final = text(f"SELECT EXISTS (SELECT {_WANTED})")


def is_wanted(connection: Connection, event_id: int) -> bool:
    """Whether an endpoint wants the event."""
    return bool(connection.execute(_IS_WANTED, {"id": event_id}).scalar_one())
