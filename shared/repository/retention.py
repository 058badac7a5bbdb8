"""Retention: what is over for long is dropped, some of the oldest rows at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, TextClause, text

MOST: Final = 5_000
"""Rows of one look, so that it holds nothing up."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the oldest rows came to."""

    dropped: int
    last: int | None
    """The id after which to look on; None where all that is old was seen."""


_LIVE: Final = """
    SELECT FROM charges c WHERE (
        c.status NOT IN ('succeeded', 'failed', 'canceled') OR c.updated_at >= :before)
"""


# Ids grow with time, so the primary key finds the oldest, and an index by age is not needed. What
# has to stay is walked past. By an array and by OFFSET 0, rows are looked up: to join them, tables
# would be read whole for each look.
def _look(table: str, at: str, may_go: str) -> TextClause:
    return text(f"""
        WITH oldest AS (
            SELECT * FROM {table} WHERE id > :after ORDER BY id LIMIT :most
        ), gone AS (
            DELETE FROM {table} WHERE id = ANY (ARRAY(
                SELECT o.id FROM oldest o WHERE o.{at} < :before AND {may_go})) RETURNING id
        )
        SELECT (SELECT count(*) FROM gone) AS dropped,
               CASE WHEN count(*) = :most AND max({at}) < :before THEN max(id) END AS last
        FROM oldest
    """)  # noqa: S608 the names below


_NOT_LIVE: Final = f"NOT EXISTS ({_LIVE} AND c.id = o.charge_id OFFSET 0)"
_HANDLED_ONCE: Final = """o.handled_at < :before AND NOT EXISTS (
    SELECT FROM webhook_event_redrives r WHERE r.event_id = o.id OFFSET 0)"""
_NOT_OWED: Final = """NOT EXISTS (
    SELECT FROM outbound_deliveries d WHERE d.event_id = o.id OFFSET 0)"""
_NOT_PAYABLE: Final = f"NOT EXISTS ({_LIVE} AND c.order_id = o.order_id OFFSET 0)"

KINDS: Final = {
    "attempts": _look("attempts", "started_at", _NOT_LIVE),
    "webhook_events": _look(
        "webhook_events",
        "received_at",
        f"{_NOT_LIVE} AND {_HANDLED_ONCE}",
    ),
    "outbound_events": _look("outbound_events", "created_at", f"{_NOT_OWED} AND {_NOT_PAYABLE}"),
}
"""The tables whose rows are dropped. An event that an operator drove anew is on record for ever."""


def drop_oldest(connection: Connection, kind: str, before: datetime, after: int = 0) -> Look:
    """Drop, of the oldest rows after that id, what has been over since before then."""
    arguments = {"before": before, "after": after, "most": MOST}
    row = connection.execute(KINDS[kind], arguments).one()
    return Look(row.dropped, row.last)
