"""Plots: lines over time as SVG paths, with the same figures as rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

WIDTH: Final = 320
HEIGHT: Final = 100
_MARGIN: Final = 4
"""Of the drawing, in its own units: a line at the edge is not cut."""


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines over the same instants."""

    title: str
    top: str
    """What a line at the upper edge means, in words."""
    instants: Sequence[datetime]
    paths: Mapping[str, str]
    """The `d` of each line's path, by the line's name."""
    rows: Sequence[tuple[datetime, Sequence[str]]]
    """An instant, and each line's figure in words."""


def draw(
    title: str,
    instants: Sequence[datetime],
    lines: Mapping[str, Sequence[float | None]],
    words: Callable[[float], str],
    top: float | None = None,
) -> Plot:
    """Lines whose values reach from 0 to `top`, the highest of them where none is given.

    A line has a gap where its value is None; `words` says what a value means.
    """
    highest = top or max((each or 0 for line in lines.values() for each in line), default=0) or 1
    return Plot(
        title=title,
        top=words(highest),
        instants=instants,
        paths={name: _path(line, highest) for name, line in lines.items()},
        rows=[
            (at, ["–" if each is None else words(each) for each in figures])
            for at, *figures in zip(instants, *lines.values(), strict=True)
        ],
    )


def _path(line: Sequence[float | None], top: float) -> str:
    steps: list[str] = []
    is_drawn = False
    for number, value in enumerate(line):
        if value is not None:
            x = _MARGIN + number * (WIDTH - 2 * _MARGIN) / max(len(line) - 1, 1)
            y = HEIGHT - _MARGIN - value / top * (HEIGHT - 2 * _MARGIN)
            # A value alone between gaps is a dash.
            steps.append(f"L{x:.1f} {y:.1f}" if is_drawn else f"M{x - 2:.1f} {y:.1f}h2")
        is_drawn = value is not None
    return "".join(steps)
