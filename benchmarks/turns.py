"""Turns: what is to be compared is measured by turns, so that all meet the same weather."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.figures import figure
from benchmarks.finding import Plan, Row


@dataclass(frozen=True, slots=True)
class Sample:
    """One repetition's figure, with others of the same repetition by their names."""

    value: float
    beside: Mapping[str, float] = field(default_factory=dict)


Measure = Callable[[], Sample]


Taken = Mapping[str, Sequence[Sample]]
"""Samples by what was measured, one of each repetition."""


def collect(plan: Plan, unit: str, measures: Mapping[str, Measure]) -> Taken:
    """Take each measure once in each repetition: in turn forwards and backwards."""
    taken: dict[str, list[Sample]] = {name: [] for name in measures}
    for repetition in range(plan.repetitions):
        for name in list(measures)[:: -1 if repetition % 2 else 1]:
            sample = measures[name]()
            taken[name].append(sample)
            told = ", ".join(f"{what} {figure(value)}" for what, value in sample.beside.items())
            print(f"  {repetition + 1}. {name}: {figure(sample.value)} {unit}; {told}", flush=True)
    return taken


def rows_of(taken: Taken, unit: str) -> tuple[Row, ...]:
    """A row for each measure; what stands beside it is the median of its repetitions."""
    return tuple(
        Row(name, unit, tuple(sample.value for sample in samples), _beside(samples))
        for name, samples in taken.items()
    )


def aside(taken: Taken, what: str) -> Taken:
    """What stood beside the samples under that name, as samples of its own; 0 where nothing did."""
    return {
        name: [Sample(sample.beside.get(what, 0.0)) for sample in samples]
        for name, samples in taken.items()
    }


def _beside(samples: Sequence[Sample]) -> Mapping[str, float]:
    names = samples[0].beside
    return {name: statistics.median(one.beside[name] for one in samples) for name in names}
