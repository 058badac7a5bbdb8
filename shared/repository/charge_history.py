"""The history of charges: how those fared that were accepted in a window of time."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Final

from shared.domain.charge import Provider, Status
from shared.metrics import LAG_BUCKETS

HOUR: Final = timedelta(hours=1)
BOUNDS: Final = [timedelta(seconds=bound) for bound in LAG_BUCKETS]


def hour_of(instant: datetime) -> datetime:
    """When its hour began."""
    return instant.replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Window:
    """A time that ends now, in steps; a long one is of whole hours, which are tallied."""

    length: timedelta
    step: timedelta
    is_tallied: bool = False

    def starts(self, now: datetime) -> list[datetime]:
        """Where each step begins, the last one's end being now, or the end of this hour."""
        end = hour_of(now) + HOUR if self.is_tallied else now
        count = self.length // self.step
        return [end - self.step * (count - number) for number in range(count)]


WINDOWS: Final[Mapping[str, Window]] = {
    "hour": Window(timedelta(hours=1), timedelta(minutes=2)),
    "day": Window(timedelta(days=1), timedelta(hours=1)),
    "week": Window(timedelta(days=7), timedelta(hours=6), is_tallied=True),
    "month": Window(timedelta(days=30), timedelta(days=1), is_tallied=True),
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
