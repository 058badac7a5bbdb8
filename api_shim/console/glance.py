"""At a glance: how each provider's charges fared over a window, as figures and as plots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from api_shim.console.plots import Plot, draw
from shared.domain.charge import SETTLED, Status
from shared.metrics import LAG_BUCKETS
from shared.repository.charge_history import Cohort, History, together, within
from shared.repository.lag_history import Flow
from shared.task_names import OUTBOUND

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
        "Half settled within": _or_dash(within(cohort.lags, 0.5), span),
        "95 % settled within": _or_dash(within(cohort.lags, NEARLY_ALL), span),
    }


def plots(history: History, instants: Sequence[datetime]) -> list[Plot]:
    """What the front page draws."""
    steps = [together(each) for each in zip(*history.values(), strict=True)]
    counts: dict[str, Sequence[float]] = {"accepted": [each.statuses.total() for each in steps]}
    for status in (Status.SUCCEEDED, Status.FAILED):
        counts[status] = [each.statuses[status] for each in steps]
    rates = {str(name): [each.success_rate for each in line] for name, line in history.items()}
    lags = {str(name): [each.lags for each in line] for name, line in history.items()}
    return [
        draw("Charges", instants, counts, _number),
        draw("Success rate", instants, rates, percent, top=1),
        _draw_lags("95 % settled within", instants, lags),
    ]


def plots_of_lags(flows: Mapping[str, Flow], instants: Sequence[datetime]) -> list[Plot]:
    """What the front page draws of webhooks and deliveries."""
    lags = {str(name): flow.lags for name, flow in flows.items()}
    outbound = {OUTBOUND: lags.pop(OUTBOUND)}
    waiting = {str(name): flow.waiting for name, flow in flows.items()}
    return [
        _draw_lags("95 % of webhooks handled within", instants, lags),
        _draw_lags("95 % of deliveries made within", instants, outbound),
        draw("Webhooks and deliveries waiting", instants, waiting, _number),
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


def _draw_lags(
    title: str, instants: Sequence[datetime], lines: Mapping[str, Sequence[Mapping[int, int]]]
) -> Plot:
    places = {name: [_place(lags) for lags in line] for name, line in lines.items()}
    return draw(title, instants, places, _span_at, top=len(LAG_BUCKETS) + 1)


def _place(lags: Mapping[int, int]) -> float | None:
    """The number of the bound: the bounds grow so that their numbers make the scale."""
    bound = within(lags, NEARLY_ALL)
    return None if bound is None else [*LAG_BUCKETS, float("inf")].index(bound) + 1


def _span_at(place: float) -> str:
    return span((*LAG_BUCKETS, float("inf"))[int(place) - 1])


def _number(count: float) -> str:
    return f"{count:.0f}"


def _or_dash(value: float | None, words: Callable[[float], str]) -> str:
    return "–" if value is None else words(value)
