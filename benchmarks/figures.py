"""Figures as a reader wants them: three digits that count."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.finding import Ratio

_WHOLE = 100


def figure(value: float) -> str:
    """1234.5 → 1,234; 12.345 → 12.3; 0.012345 → 0.0123."""
    return f"{value:,.0f}" if abs(value) >= _WHOLE else f"{value:.3g}"


def spread(ratio: Ratio, write: Callable[[float], str] = figure) -> str:
    """The median, with the least and the most."""
    return f"{write(ratio.median)} ({write(ratio.least)} – {write(ratio.most)})"
