"""The table: each crash point with each scene and each outcome of the provider's call."""

from dataclasses import dataclass
from typing import Final

import pytest
from _pytest.mark.structures import ParameterSet

from shared.crash_points import CrashPoint
from tests.crashes import of_charges, of_requests, of_rounds, of_trouble
from tests.crashes.outcomes import Outcome
from tests.crashes.scenes import Scene

SCENES: Final[dict[str, Scene]] = {
    **of_charges.SCENES,
    **of_rounds.SCENES,
    **of_requests.SCENES,
    **of_trouble.SCENES,
}


@dataclass(frozen=True)
class Row:
    """Who dies where, and what the provider makes of it."""

    scene: str
    point: CrashPoint
    outcome: Outcome


ROWS: Final = [
    Row(name, point, outcome)
    for name, scene in SCENES.items()
    for point in scene.points
    for outcome in Outcome
    if outcome not in scene.spared
]


def marked() -> list[ParameterSet]:
    """The rows as a test's parameters: one outcome of each scene and point is run by default."""
    params = []
    for number, rows in enumerate(_grouped().values()):
        for place, row in enumerate(rows):
            marks = () if place == number % len(rows) else (pytest.mark.long,)
            title = f"{row.scene}-{row.point.name}-{row.outcome.name}"
            params.append(pytest.param(row, id=title, marks=marks))
    return params


def _grouped() -> dict[tuple[str, CrashPoint], list[Row]]:
    groups: dict[tuple[str, CrashPoint], list[Row]] = {}
    for row in ROWS:
        groups.setdefault((row.scene, row.point), []).append(row)
    return groups
