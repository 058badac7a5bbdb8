"""Standing: how much stands where at this moment, and for how long, from live rows alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from shared.domain.charge import SETTLED, Status
from shared.task_names import (
    CHARGE_EXECUTE,
    OUTBOUND_EVENT_DELIVER,
    WEBHOOK_EVENT_HANDLE,
    queue_of,
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Rows of one kind that stand alike: how many, and since when the oldest."""

    labels: tuple[str, ...]
    count: int
    since: datetime | None


UNSETTLED: Final = tuple(
    status for status in Status if status not in SETTLED or status is Status.NEEDS_REVIEW
)

_CHARGES: Final = text("""
    SELECT provider, status, count(*) AS standing, min(created_at) AS since
    FROM charges WHERE status = ANY(:statuses) GROUP BY provider, status
""")


def charges_standing(connection: Connection) -> list[Standing]:
    """Charges that are not over, by provider and status; the oldest by its acceptance."""
    rows = connection.execute(_CHARGES, {"statuses": list(UNSETTLED)})
    return [Standing((row.provider, row.status), row.standing, row.since) for row in rows]


_REFUNDS_IN_REVIEW: Final = text("""
    SELECT provider, count(*) AS standing, min(updated_at) AS since FROM refunds
    WHERE status = 'needs_review' GROUP BY provider
""")


def refunds_in_review(connection: Connection) -> list[Standing]:
    """Refunds that wait for a person, by provider."""
    rows = connection.execute(_REFUNDS_IN_REVIEW)
    return [Standing((row.provider,), row.standing, row.since) for row in rows]


_DUE: Final = text("""
    SELECT :charge AS task, provider, count(*) AS due, min(dispatch_at) AS since
    FROM charges WHERE dispatch_at <= :now
      AND (parked_reason IS NULL OR cancel_requested_at IS NOT NULL) GROUP BY provider
    UNION ALL
    SELECT :charge, c.provider, count(*), min(r.dispatch_at)
    FROM refunds r JOIN charges c ON c.id = r.charge_id
    WHERE r.dispatch_at <= :now GROUP BY c.provider
    UNION ALL
    SELECT :event, provider, count(*), min(dispatch_at)
    FROM webhook_events WHERE dispatch_at <= :now GROUP BY provider
    UNION ALL
    SELECT :delivery, NULL, count(*), min(d.dispatch_at)
    FROM outbound_endpoints e JOIN outbound_deliveries d ON d.endpoint_id = e.id
    WHERE e.status = 'enabled' AND d.dispatch_at <= :now HAVING count(*) > 0
""")


def due_rows(connection: Connection, now: datetime) -> list[Standing]:
    """Rows that are due and whose message is not published, by queue.

    Charges and refunds share a queue: the larger age and both counts are of it.
    """
    arguments = {
        "charge": CHARGE_EXECUTE,
        "event": WEBHOOK_EVENT_HANDLE,
        "delivery": OUTBOUND_EVENT_DELIVER,
        "now": now,
    }
    found: dict[str, Standing] = {}
    for row in connection.execute(_DUE, arguments):
        queue = queue_of(row.task, row.provider)
        before = found.get(queue, Standing((queue,), 0, row.since))
        since = min(row.since, before.since or row.since)
        found[queue] = Standing((queue,), before.count + row.due, since)
    return list(found.values())


_UNHANDLED: Final = text("""
    SELECT provider, count(*) AS standing, min(received_at) AS since
    FROM webhook_events WHERE dispatch_at IS NOT NULL GROUP BY provider
""")


def unhandled_events(connection: Connection) -> list[Standing]:
    """Events that nobody has handled yet, by provider."""
    rows = connection.execute(_UNHANDLED)
    return [Standing((row.provider,), row.standing, row.since) for row in rows]


_OWED: Final = text("""
    SELECT count(*) AS standing, min(d.created_at) AS since
    FROM outbound_endpoints e JOIN outbound_deliveries d ON d.endpoint_id = e.id
    WHERE e.status = 'enabled' AND d.status = 'pending'
""")


def owed_deliveries(connection: Connection) -> Standing:
    """Deliveries owed to endpoints that take them; what waits for a disabled one is not owed."""
    row = connection.execute(_OWED).one()
    return Standing((), row.standing, row.since)


_CIRCUITS: Final = text("""
    SELECT provider, state, count(*) AS standing, min(changed_at) AS since
    FROM circuits WHERE state <> 'closed' GROUP BY provider, state
""")


def circuits_standing(connection: Connection) -> list[Standing]:
    """Circuits that are not closed, by provider and state."""
    rows = connection.execute(_CIRCUITS)
    return [Standing((row.provider, row.state), row.standing, row.since) for row in rows]
