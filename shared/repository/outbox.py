"""The outbox: what the ticketing platform is told, stored with the move that it tells of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

from sqlalchemy import Connection, text

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


def announce(connection: Connection, told: Sequence[Announcement], now: datetime) -> None:
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
    connection.execute(_ANNOUNCE, arguments)
