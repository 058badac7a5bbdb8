"""Waiting: charges whose attempt is due, and that nobody takes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from shared.domain.charge import Provider
from shared.repository.circuits import IS_HELD, JOIN_CIRCUIT


@dataclass(frozen=True, slots=True)
class Untaken:
    """A provider's charges that are due: how many, since when the oldest, the oldest by id."""

    provider: Provider
    count: int
    since: datetime
    charges: list[int]


# Its circuit's closing lets go of a charge that was due long before.
_UNTAKEN: Final = text(f"""
    SELECT c.provider, count(*) AS untaken, min(c.next_attempt_at) AS since,
           (array_agg(c.id ORDER BY c.next_attempt_at))[1:5] AS charges
    FROM charges c {JOIN_CIRCUIT}
    WHERE c.dispatch_at IS NOT NULL AND c.status IN ('accepted', 'indeterminate')
      AND c.parked_reason IS NULL AND c.cancel_requested_at IS NULL
      AND (c.claimed_until IS NULL OR c.claimed_until <= :now)
      AND greatest(c.next_attempt_at, h.changed_at) <= :before AND NOT {IS_HELD}
    GROUP BY c.provider ORDER BY c.provider
""")  # noqa: S608 - the fragments are constants


def untaken_charges(connection: Connection, *, before: datetime, now: datetime) -> list[Untaken]:
    """The charges that are due since before then, by provider; none that its circuit holds."""
    rows = connection.execute(_UNTAKEN, {"before": before, "now": now})
    return [Untaken(Provider(row.provider), row.untaken, row.since, row.charges) for row in rows]
