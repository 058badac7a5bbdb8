"""A finding: what a benchmark measured, repetition by repetition, held against its goals."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to measure: a few seconds to see that it runs, or what the page shows."""

    repetitions: int
    """How often each row is measured, in turns with the others."""
    seconds: float
    """How long one measurement lasts, at least."""
    largest: int
    """The most charges that are stored for it."""
    kept: Path | None = None
    """Where they stay; gone at the end where it is None."""


QUICK = Plan(repetitions=2, seconds=1, largest=10_000)
WHOLE = Plan(repetitions=5, seconds=5, largest=1_000_000)


@dataclass(frozen=True, slots=True)
class Row:
    """One thing measured: a sample per repetition, in the order in which they were taken."""

    name: str
    unit: str
    samples: tuple[float, ...]
    beside: Mapping[str, float] = field(default_factory=dict)
    """Figures of the same runs that are shown beside it, by a name with its unit: "p99, ms"."""

    @property
    def median(self) -> float:
        """The sample in the middle."""
        return statistics.median(self.samples)

    def against(self, other: Row) -> Ratio:
        """How many times the other it is, sample by sample: neighbours in time."""
        ratios = [mine / its for mine, its in zip(self.samples, other.samples, strict=True)]
        return Ratio(statistics.median(ratios), min(ratios), max(ratios))


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of two rows, with the least and the most of its repetitions."""

    median: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Goal:
    """What was to be reached, what was."""

    text: str
    bound: float
    reached: Ratio
    is_ceiling: bool = False
    unit: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the median holds the bound."""
        if self.is_ceiling:
            return self.reached.median <= self.bound
        return self.reached.median >= self.bound


@dataclass(frozen=True, slots=True)
class Finding:
    """What one benchmark found."""

    title: str
    said: str
    """What was measured, and how, in a few sentences for the page."""
    rows: tuple[Row, ...]
    goals: tuple[Goal, ...] = ()
    remarks: tuple[str, ...] = ()
    """What the figures of this very run say further: what saturated, what was left out and why."""
