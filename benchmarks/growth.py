"""Growth: what there is to do takes as long among a million charges as among ten thousand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Final

from benchmarks import draining
from benchmarks.charge.ground import Ground, open_ground
from benchmarks.finding import Finding, Goal, Plan, Row
from benchmarks.shop import A_DAY, Shop, shop
from benchmarks.turns import Measure, collect, rows_of
from shared.observability import configure_logging

FEWEST: Final = 10_000
STEP: Final = 10
FLAT: Final = 1.3
"""More than this is not noise."""

SAID: Final = (
    f"A shop with {A_DAY:,} charges a day, two days old and as old as its charges make it: the"
    " same work, in this process, over both databases by turns, each sample the median of ten,"
    " without log lines. `accept` is the whole request; `claim, settle` the worker's"
    " transactions without the provider; `relay round` takes nothing or what is due; `sweep"
    " round` and `retention round` look for what is too old, and find nothing; `a day"
    " reconciled` our side of a day's comparison; `metrics` a scrape; the rest are the console's"
    " pages. Last, relay and worker with few and with many charges due, the provider half a"
    " second away. More than a million are stored only with `--largest 10000000`, the older ones"
    " then without their moves, events and deliveries; `--kept FOLDER` keeps what was stored."
)


def measure(plan: Plan) -> Finding:
    """Milliseconds of each kind of work at each size, then the backlog."""
    configure_logging("WARNING")
    with ExitStack() as stack:
        ground = stack.enter_context(open_ground(plan.kept))
        grown, fewest = _grow(plan, ground)
        drained = collect(plan, "charges/s", draining.measures(stack, ground, plan))
    due = rows_of(drained, "charges/s")
    goals = tuple(_goals(grown, fewest, due))
    return Finding("Growth", SAID, (*grown, *due), goals, tuple(_remarks(grown, fewest)))


def _grow(plan: Plan, ground: Ground) -> tuple[list[Row], list[Row]]:
    """Rows of the largest size, with the others beside; those of the smallest, taken by turns."""
    beside: dict[str, dict[str, float]] = defaultdict(dict)
    last: tuple[list[Row], list[Row]] = ([], [])
    fewest = min(FEWEST, plan.largest // STEP)
    with shop(ground, f"shop_{fewest}", fewest) as few:
        for size in _sizes(fewest * STEP, plan.largest):
            with shop(ground, f"shop_{size}", size) as many:
                rows = rows_of(collect(plan, "ms", _by_turns(few, many)), "ms")
            last = list(rows[1::2]), list(rows[0::2])
            for large, small in zip(*last, strict=True):
                ratio = large.against(small).median
                figures = {f"× at {size:,}": ratio, f"{fewest:,}, ms": small.median}
                beside[large.name] |= figures
    grown, small_ones = last
    return [replace(row, beside=beside[row.name]) for row in grown], small_ones


def _sizes(size: int, largest: int) -> Iterator[int]:
    while size < largest:
        yield size
        size *= STEP
    yield largest


def _by_turns(few: Shop, many: Shop) -> dict[str, Measure]:
    small, large = few.work(), many.work()
    pairs = ((f"{name}, few", small[name], name, large[name]) for name in small)
    return {key: do for pair in pairs for key, do in (pair[:2], pair[2:])}


def _goals(grown: list[Row], fewest: list[Row], due: tuple[Row, ...]) -> Iterator[Goal]:
    accepted = fewest[0].against(grown[0])
    yield Goal("accepting among the most, against the fewest", 0.95, accepted)
    for name in ("claim, settle", "relay round", "sweep round", "a day reconciled"):
        at = [row.name for row in grown].index(name)
        ratio = grown[at].against(fewest[at])
        yield Goal(f"{name}: time among the most, against the fewest", FLAT, ratio, is_ceiling=True)
    few, many = due
    yield Goal(f"charges a second with {many.name}, against {few.name}", 0.95, many.against(few))


def _remarks(grown: list[Row], fewest: list[Row]) -> Iterator[str]:
    ratios = {row.name: row.against(least).median for row, least in zip(grown, fewest, strict=True)}
    steep = [f"{name} ({ratio:.1f} times)" for name, ratio in ratios.items() if ratio > FLAT]
    if steep:
        yield f"Not flat: {', '.join(steep)}."
