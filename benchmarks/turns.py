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


def in_turns(plan: Plan, unit: str, measures: Mapping[str, Measure]) -> tuple[Row, ...]:
    """A row for each measure, all taken once in each repetition."""
    taken: dict[str, list[Sample]] = {name: [] for name in measures}
    for repetition in range(plan.repetitions):
        for name, measure in measures.items():
            sample = measure()
            taken[name].append(sample)
            told = ", ".join(f"{figure(value)} {what}" for what, value in sample.beside.items())
            print(f"  {repetition + 1}. {name}: {figure(sample.value)} {unit} {told}", flush=True)
    return tuple(row(name, unit, samples) for name, samples in taken.items())


def row(name: str, unit: str, samples: Sequence[Sample]) -> Row:
    """The samples as a row; what stands beside it is the median of its repetitions."""
    beside = {
        what: statistics.median(sample.beside[what] for sample in samples)
        for what in samples[0].beside
    }
    return Row(name, unit, tuple(sample.value for sample in samples), beside)
