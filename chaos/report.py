"""The report: what a run came to, in figures, for a terminal and as a page."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

from chaos.audit import Verdict
from chaos.convergence import PERCENTILES, Course, percentile, seconds_to_rest
from chaos.faults import Struck
from chaos.plot import draw


@dataclass(frozen=True)
class Outcome:
    """What a run came to. `answers` are those that the buyers got, `restarts` by process."""

    seed: int
    began: float
    verdict: Verdict
    leaks: Sequence[str]
    struck: Sequence[Struck]
    courses: Sequence[Course]
    answers: Counter[str]
    told: int
    restarts: Counter[str]
    looks: int
    versions: Mapping[str, str]
    """Of the engines."""

    @property
    def breaches(self) -> tuple[str, ...]:
        """Every broken promise, a sentence each."""
        return (*self.verdict.breaches, *self.leaks)

    @cached_property
    def convergence(self) -> list[float]:
        """For each fault, the seconds from its healing to rest."""
        return [seconds_to_rest(one.healed, self.courses) for one in self.struck]

    @property
    def faults(self) -> Counter[str]:
        """How many faults there were of each kind."""
        return Counter(one.strike.kind for one in self.struck)

    def rows(self) -> Iterator[tuple[str, str]]:
        """Every figure with its name."""
        verdict, rest = self.verdict, self.convergence
        yield "charges accepted (202)", str(len(self.courses))
        yield "charges ended", _counted(verdict.outcomes)
        yield "refunds ended", _counted(verdict.refund_outcomes)
        yield f"faults ({len(self.struck)})", _counted(self.faults)
        yield "captures in the providers' ledger", str(verdict.captures)
        yield "orders captured more than once, net", str(verdict.twice)
        yield "captures and refunds whose answer was lost, all found", str(verdict.lost_answers)
        yield "outbound events received", str(self.told)
        yield "looks for secrets into Redis", str(self.looks)
        yield "processes that ended by themselves", _counted(self.restarts) or "none"
        told = ", ".join(f"p{each} {percentile(rest, each):.1f} s" for each in PERCENTILES)
        yield "from healed to converged", f"{told}, longest {max(rest, default=0):.1f} s"
        yield "answers to the buyers", _counted(self.answers)
        yield "breaches", str(len(self.breaches))


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())


PAGE = Path(__file__).with_name("page.md")


def page(outcome: Outcome, plot: str, *, unfit: str, room: int) -> str:
    """The report as Markdown; `plot` is its picture's address."""
    rows = "\n".join(f"| {name} | {value} |" for name, value in outcome.rows())
    packages = {name: version(name) for name in ("celery", "kombu", "SQLAlchemy")}
    versions = {"Python": platform.python_version(), **outcome.versions, **packages}
    return PAGE.read_text().format(
        plot=plot,
        rows=rows,
        room=room,
        unfit=unfit,
        seed=outcome.seed,
        versions=", ".join(f"{name} {number}" for name, number in versions.items()),
        cores=os.cpu_count(),
    )


def write(outcome: Outcome, path: Path, *, unfit: str, room: int) -> None:
    """Write the page, with its picture beside it."""
    plot = path.with_suffix(".svg")
    plot.write_text(draw(outcome.courses, outcome.struck, outcome.began))
    path.write_text(page(outcome, plot.name, unfit=unfit, room=room))
