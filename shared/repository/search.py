"""Search: the charges, orders and events that a name leads to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from shared.domain.charge import Provider


@dataclass(frozen=True, slots=True)
class Hit:
    """What a text names, with where that leads."""

    matched: str
    """What kind of name the text is: `order id`, `capture reference`, …"""
    order_id: int | None
    charge_id: int | None
    event_id: int | None = None
    """Of the outbound event, where one matched; else of the webhook event."""


# Each branch is a look into one index: nothing is compared with a part of the text.
_SEARCH: Final = text("""
    SELECT 'charge id' AS matched, order_id, id AS charge_id, CAST(NULL AS bigint) AS event_id
    FROM charges WHERE id = :number
    UNION ALL SELECT 'order id', o.id, c.id, NULL FROM orders o
    LEFT JOIN charges c ON c.order_id = o.id WHERE o.id = :number
    UNION ALL SELECT 'charge identifier', order_id, id, NULL FROM charges WHERE identifier = :uuid
    UNION ALL SELECT 'order identifier', o.id, c.id, NULL FROM orders o
    LEFT JOIN charges c ON c.order_id = o.id WHERE o.identifier = :uuid
    UNION ALL SELECT 'refund identifier', c.order_id, c.id, NULL FROM refunds r
    JOIN charges c ON c.id = r.charge_id WHERE r.identifier = :uuid
    UNION ALL SELECT 'outbound event', order_id, NULL, id FROM outbound_events
    WHERE identifier = :uuid
    UNION ALL SELECT 'provider reference', order_id, id, NULL FROM charges
    WHERE provider = ANY(:providers) AND provider_reference = :text
    UNION ALL SELECT 'capture reference', order_id, id, NULL FROM charges
    WHERE capture_reference = :text
    UNION ALL SELECT 'refund reference', c.order_id, c.id, NULL FROM refunds r
    JOIN charges c ON c.id = r.charge_id
    WHERE r.provider = ANY(:providers) AND r.provider_reference = :text
    UNION ALL SELECT 'dispute reference', c.order_id, c.id, NULL FROM disputes d
    JOIN charges c ON c.id = d.charge_id
    WHERE d.provider = ANY(:providers) AND d.provider_reference = :text
    UNION ALL SELECT 'event id', c.order_id, c.id, e.id FROM webhook_events e
    LEFT JOIN charges c ON c.id = e.charge_id
    WHERE e.provider = ANY(:providers) AND e.event_id = :text
    LIMIT 100
""")

_MOST: Final = 2**63
_KEY: Final = re.compile(
    r"(?:chg|ref)-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:-[0-9a-z-]+)?"
)
"""A key that a provider was sent: the attempt's name in Flower, too."""


def search(connection: Connection, wanted: str) -> list[Hit]:
    """All that the text names exactly, a hundred at most.

    It may be an order's or a charge's id or identifier, a refund's identifier, a provider's
    reference of a charge, a capture, a refund or a dispute, a key that it was sent, or the id of
    an event.
    """
    name = wanted.strip()
    arguments = {
        "text": name,
        "number": _number(name),
        "uuid": _uuid(name),
        "providers": list(Provider),
    }
    rows = connection.execute(_SEARCH, arguments)
    return [Hit(row.matched, row.order_id, row.charge_id, row.event_id) for row in rows]


def _number(name: str) -> int | None:
    is_number = name.isascii() and name.isdigit() and len(name) <= len(str(_MOST))
    return int(name) if is_number and int(name) < _MOST else None


def _uuid(name: str) -> UUID | None:
    key = _KEY.fullmatch(name)
    try:
        return UUID(key[1] if key else name)
    except ValueError:
        return None
