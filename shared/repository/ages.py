"""Ages: what has stood too long where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from shared.domain.charge import Provider, Status


@dataclass(frozen=True, slots=True)
class OverdueState:
    """Charges that stand in a state for too long: how many, since when, the oldest by id."""

    status: Status
    count: int
    since: datetime
    charges: list[int]


OVERDUE: Final = """
    FROM charges c
    JOIN unnest(CAST(:statuses AS text[]), CAST(:oldest AS timestamptz[]))
        AS limits (status, oldest) ON limits.status = c.status
    CROSS JOIN LATERAL (
        SELECT coalesce(max(t.at), c.created_at) AS at FROM transitions t
        WHERE t.charge_id = c.id AND t.at >= c.created_at - interval '1 day'
    ) AS entered
    WHERE (c.dispatch_at IS NOT NULL OR c.deadline_at IS NOT NULL OR c.status = 'needs_review')
      AND c.parked_reason IS NULL AND c.created_at < limits.oldest AND entered.at < limits.oldest
"""
"""The charges `c` that stand too long in their state, with when they `entered` it."""

_STATES: Final = text(f"""
    SELECT c.status, count(*) AS charged, min(entered.at) AS since,
           (array_agg(c.id ORDER BY entered.at))[1:5] AS charges
    {OVERDUE} GROUP BY c.status ORDER BY c.status
""")


def overdue_states(connection: Connection, oldest: Mapping[Status, datetime]) -> list[OverdueState]:
    """The states with charges that entered them before what is the oldest allowed there."""
    arguments = {"statuses": list(oldest), "oldest": list(oldest.values())}
    rows = connection.execute(_STATES, arguments)
    return [OverdueState(Status(row.status), row.charged, row.since, row.charges) for row in rows]


@dataclass(frozen=True, slots=True)
class FailingEvents:
    """A provider's events whose handling raises: how many, since when, why, the oldest by id."""

    provider: Provider
    count: int
    since: datetime
    failures: list[str]
    events: list[int]


_FAILING: Final = text("""
    SELECT provider, count(*) AS failing, min(received_at) AS since,
           array_agg(DISTINCT failure) AS failures, (array_agg(id ORDER BY id))[1:5] AS events
    FROM webhook_events WHERE dispatch_at IS NOT NULL AND failure IS NOT NULL
    GROUP BY provider ORDER BY provider
""")


def failing_events(connection: Connection) -> list[FailingEvents]:
    """The events that are tried again and again, by provider."""
    rows = connection.execute(_FAILING)
    return [
        FailingEvents(Provider(row.provider), row.failing, row.since, row.failures, row.events)
        for row in rows
    ]


_UNEXPLAINED: Final = text("""
    SELECT coalesce(sum(unexplained), 0) FROM reconciliation_runs WHERE unexplained > 0
""")


def unexplained_differences(connection: Connection) -> int:
    """How many differences with the providers' ledgers nobody has explained."""
    return int(connection.execute(_UNEXPLAINED).scalar_one())
