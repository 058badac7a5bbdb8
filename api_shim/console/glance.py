"""At a glance: how each provider's charges fared over a window, as figures and as plots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from api_shim.console.plots import Plot, draw
from shared.domain.charge import SETTLED, Status
from shared.metrics import LAG_BUCKETS
from shared.repository.charge_history import Cohort, History, together

NEARLY_ALL: Final = 0.95

_COUNTED: Final = (
    *(Status.SUCCEEDED, Status.FAILED, Status.CANCELED),
    *(Status.INDETERMINATE, Status.NEEDS_REVIEW),
)
_UNITS: Final = ((3600, "h"), (60, "min"))


def figures(cohort: Cohort) -> Mapping[str, str]:
    """What the front page says of a provider, each figure by its name."""
    counts = cohort.statuses
    told = {"Accepted": counts.total(), "Settled": sum(counts[each] for each in SETTLED)}
    told |= {each.replace("_", " ").capitalize(): counts[each] for each in _COUNTED}
    return {name: str(count) for name, count in told.items()} | {
        "Success rate": _or_dash(cohort.success_rate, percent),
        "Half settled within": _or_dash(cohort.settled_within(0.5), span),
        "95 % settled within": _or_dash(cohort.settled_within(NEARLY_ALL), span),
    }


def plots(history: History, instants: Sequence[datetime]) -> list[Plot]:
    """What the front page draws."""
    steps = [together(each) for each in zip(*history.values(), strict=True)]
    counts: dict[str, Sequence[float]] = {"accepted": [each.statuses.total() for each in steps]}
    for status in (Status.SUCCEEDED, Status.FAILED):
        counts[status] = [each.statuses[status] for each in steps]
    rates = {str(name): [each.success_rate for each in line] for name, line in history.items()}
    places = {str(name): [_place(each) for each in line] for name, line in history.items()}
    return [
        draw("Charges", instants, counts, lambda count: f"{count:.0f}"),
        draw("Success rate", instants, rates, percent, top=1),
        draw("95 % settled within", instants, places, _span_at, top=len(LAG_BUCKETS) + 1),
    ]


def percent(share: float) -> str:
    """A share for people, never rounded up to all."""
    return f"{int(share * 1000) / 10:g} %"


def span(seconds: float) -> str:
    """A time for people."""
    if seconds > LAG_BUCKETS[-1]:
        return f"longer than {span(LAG_BUCKETS[-1])}"
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def _place(cohort: Cohort) -> float | None:
    """The number of the bound: the bounds grow so that their numbers make the scale."""
    within = cohort.settled_within(NEARLY_ALL)
    return None if within is None else [*LAG_BUCKETS, float("inf")].index(within) + 1


def _span_at(place: float) -> str:
    return span((*LAG_BUCKETS, float("inf"))[int(place) - 1])


def _or_dash(value: float | None, words: Callable[[float], str]) -> str:
    return "–" if value is None else words(value)
