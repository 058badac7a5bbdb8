"""Convergence: how long after a fault is healed everything accepted before has come to rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, inf
from typing import Final

from chaos.audit import ENDS


@dataclass(frozen=True, slots=True)
class Course:
    """A charge from its 202 on: when it waited for us or the provider, in epoch seconds."""

    accepted: float
    waits: tuple[tuple[float, float], ...]
    """From, to. What lies between two waits, the payer had in hand."""


def course(accepted: float, moves: Iterable[tuple[str, float]], acted: Sequence[float]) -> Course:
    """Read a charge's moves: it waits until its end, but while its payer is asked to act."""
    waits: list[tuple[float, float]] = []
    begin = accepted
    for status, at in moves:
        if status in ENDS:
            return Course(accepted, (*waits, (begin, max(at, begin))))
        if status == "requires_action" and at >= begin:
            waits.append((begin, at))
            begin = min((moment for moment in acted if moment >= at), default=inf)
    return Course(accepted, (*waits, (begin, inf)))


def seconds_to_rest(healed: float, courses: Iterable[Course]) -> float:
    """From `healed` to the first moment at which no charge accepted before it waits."""
    before = (one for one in courses if one.accepted <= healed)
    waits = sorted(wait for one in before for wait in one.waits if wait[1] > healed)
    moment = healed
    for begin, end in waits:
        if begin > moment:
            break
        moment = max(moment, end)
    return moment - healed


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least so many percent do not exceed; 0 of none."""
    ranked = sorted(values)
    return ranked[max(ceil(len(ranked) * percent / 100), 1) - 1] if ranked else 0.0


PERCENTILES: Final = (50, 90, 99)
