"""The page: what is written by hand in page.md, with the record's tables in their places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from benchmarks.circumstances import Circumstances
from benchmarks.figures import figure, spread
from benchmarks.finding import Finding, Goal, Ratio, Row
from benchmarks.plot import draw
from benchmarks.record import Kept, Record

PROSE: Final = Path(__file__).with_name("page.md")


def write(record: Record, path: Path) -> None:
    """Write the page, with a picture of each finding beside it."""
    places = defaultdict(lambda: "*Not measured yet.*")
    for name, kept in record.items():
        plot = path.with_name(f"{path.stem}-{name}.svg")
        plot.write_text(draw(kept.finding))
        places[name] = "\n\n".join(_section(kept, plot.name))
    places["goals"] = "\n".join(_goals(record))
    places["circumstances"] = "\n".join(_circumstances(record))
    path.write_text(PROSE.read_text().format_map(places))


def _section(kept: Kept, plot: str) -> Iterator[str]:
    finding = kept.finding
    yield finding.said
    yield f"![{finding.title}]({plot})"
    yield "\n".join(table(finding))
    if finding.remarks:
        yield "\n".join(f"- {remark}" for remark in finding.remarks)


def table(finding: Finding) -> Iterator[str]:
    """The rows; each as so many times the first one of its unit, where both have it."""
    beside = list(dict.fromkeys(name for row in finding.rows for name in row.beside))
    yield _line(["", "unit", "median (least – most)", "× the first", *beside])
    yield "|---" * (4 + len(beside)) + "|"
    first: dict[str, Row] = {}
    for row in finding.rows:
        reference = first.setdefault(row.unit, row)
        figures = [figure(row.beside[name]) if name in row.beside else "" for name in beside]
        yield _line([row.name, row.unit, _samples(row), _against(row, reference), *figures])


def _samples(row: Row) -> str:
    return spread(Ratio(row.median, min(row.samples), max(row.samples)))


def _against(row: Row, reference: Row) -> str:
    is_comparable = len(row.samples) == len(reference.samples) and all(reference.samples)
    if row is reference or not is_comparable:
        return ""
    return spread(row.against(reference), "{:.2f}".format)


def _goals(record: Record) -> Iterator[str]:
    yield _line(["goal", "bound", "reached (least – most)", ""])
    yield "|---|---|---|---|"
    for kept in record.values():
        for goal in kept.finding.goals:
            yield _line(
                [goal.text, _bound(goal), f"{spread(goal.reached)}{_unit(goal)}", judged(goal)]
            )


def judged(goal: Goal) -> str:
    """Whether the goal was met, else by how much it was missed."""
    if goal.is_met:
        return "met"
    return f"missed by {abs(goal.reached.median / goal.bound - 1):.0%}"


def _bound(goal: Goal) -> str:
    return f"{'≤' if goal.is_ceiling else '≥'} {figure(goal.bound)}{_unit(goal)}"


def _unit(goal: Goal) -> str:
    return f" {goal.unit}" if goal.unit else ""


def _circumstances(record: Record) -> Iterator[str]:
    """A line for each run that something of the record is from."""
    runs: dict[str, list[str]] = defaultdict(list)
    of: dict[str, Circumstances] = {}
    for name, kept in record.items():
        runs[kept.circumstances.at].append(name)
        of[kept.circumstances.at] = kept.circumstances
    for at, names in sorted(runs.items()):
        run = of[at]
        versions = ", ".join(f"{name} {number}" for name, number in run.versions.items())
        yield (
            f"- *{', '.join(names)}*: {at}, commit {run.commit}; {run.machine}; {versions};"
            f" {run.plan.repetitions} repetitions of {figure(run.plan.seconds)} s."
        )


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
