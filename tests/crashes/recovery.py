"""Recovery: what beat, the relay and the workers do on their own, until nothing is due."""

from datetime import datetime

from tests.reconciliation.workshop import Workshop
from worker import event_lists
from worker.reconciliation import look_up_overdue

_NEXT = """
    SELECT min(at) FROM (
        SELECT dispatch_at AS at FROM charges WHERE parked_reason IS NULL
        UNION ALL SELECT dispatch_at FROM refunds
        UNION ALL SELECT dispatch_at FROM webhook_events
        UNION ALL SELECT dispatch_at FROM outbound_deliveries
    ) AS due
"""
MOST_LEAPS = 400
LONGEST_LEAP = 3600.0
"""Seconds; the longest pause between two tries is ten minutes."""


def rest(workshop: Workshop) -> None:
    """Carry on what is due, leaping from one due instant to the next, until there is none."""
    workshop.run()
    for _ in range(MOST_LEAPS):
        due: datetime | None = workshop.sql(_NEXT)[0][0]
        if due is None:
            return
        leap = (due - workshop.clock()).total_seconds()
        assert leap < LONGEST_LEAP, "it is put off for ever"
        workshop.advance(seconds=max(leap, 0) + 1)
        workshop.run()
        look_up_overdue(workshop.deps)
    raise AssertionError("something is due for ever")


def hear(workshop: Workshop) -> None:
    """Everything that the providers told comes late, and is handled."""
    for _ in range(2):
        workshop.advance(seconds=310)
        event_lists.read(workshop.deps)
        rest(workshop)
