"""The history of charges: how those fared that were accepted in a window of time."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Final

from sqlalchemy import Connection, text

from shared.domain.charge import Provider, Status
from shared.metrics import LAG_BUCKETS


@dataclass(frozen=True, slots=True)
class Window:
    """A time that ends now, in steps."""

    length: timedelta
    step: timedelta

    def starts(self, now: datetime) -> list[datetime]:
        """Where each step begins, the last one's end being now."""
        count = self.length // self.step
        return [now - self.step * (count - number) for number in range(count)]


WINDOWS: Final[Mapping[str, Window]] = {
    "hour": Window(timedelta(hours=1), timedelta(minutes=2)),
    "day": Window(timedelta(days=1), timedelta(hours=1)),
    "week": Window(timedelta(days=7), timedelta(hours=6)),
    "month": Window(timedelta(days=30), timedelta(days=1)),
}


@dataclass(slots=True)
class Cohort:
    """Charges accepted together: where they stand now, and how soon they settled."""

    statuses: Counter[Status] = field(default_factory=Counter)
    lags: Counter[int] = field(default_factory=Counter)
    """By the first of LAG_BUCKETS that they settled within; the last key is beyond all."""

    @property
    def success_rate(self) -> float | None:
        """Succeeded of succeeded and failed, 0 to 1; None where there are neither."""
        succeeded = self.statuses[Status.SUCCEEDED]
        over = succeeded + self.statuses[Status.FAILED]
        return succeeded / over if over else None


def within(lags: Mapping[int, int], share: float) -> float | None:
    """Seconds in which that share of the lags ended, rounded up to one of LAG_BUCKETS.

    None where there are none; infinite beyond the last bound.
    """
    counts = list(accumulate(lags.get(each, 0) for each in range(len(LAG_BUCKETS) + 1)))
    if not counts[-1]:
        return None
    place = bisect_left(counts, share * counts[-1])
    return (*LAG_BUCKETS, float("inf"))[place]


def together(cohorts: Iterable[Cohort]) -> Cohort:
    """One cohort of all."""
    whole = Cohort()
    for cohort in cohorts:
        whole.statuses += cohort.statuses
        whole.lags += cohort.lags
    return whole


History = Mapping[Provider, list[Cohort]]
"""A cohort per step, the oldest first."""

_READ: Final = text("""
    SELECT provider, status,
           date_bin(:step, created_at, :since) AS starts_at,
           width_bucket(settled_at - created_at, CAST(:bounds AS interval[])) AS lag,
           count(*) AS charged
    FROM charges WHERE created_at >= :since AND created_at < :now
    GROUP BY provider, status, starts_at, lag
""")


def read_history(connection: Connection, window: Window, now: datetime) -> History:
    """How the charges of each provider fared that were accepted within the window."""
    bounds = [timedelta(seconds=bound) for bound in LAG_BUCKETS]
    starts = window.starts(now)
    arguments = {"step": window.step, "since": starts[0], "now": now, "bounds": bounds}
    history = {provider: [Cohort() for _ in starts] for provider in Provider}
    for row in connection.execute(_READ, arguments):
        cohort = history[Provider(row.provider)][(row.starts_at - starts[0]) // window.step]
        cohort.statuses[Status(row.status)] += row.charged
        if row.lag is not None:
            cohort.lags[row.lag] += row.charged
    return history
