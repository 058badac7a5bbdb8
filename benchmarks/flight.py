"""In flight: what a process makes of as many charges in hand as it has threads."""

from __future__ import annotations

from functools import partial
from typing import Final

from benchmarks.charge.contestants import OURS
from benchmarks.charge.measuring import Setting, idle_megabytes, measure_charges
from benchmarks.charge.track import LONG, open_track
from benchmarks.finding import Finding, Plan
from benchmarks.turns import Measure, collect, rows_of

_SETTINGS: Final = {
    "256 in flight": Setting(256, seconds=LONG),
    "1,024 in flight": Setting(1024, seconds=LONG),
    "1,024 in flight, 2 processes": Setting(1024, processes=2, seconds=LONG),
}
_FASTEST: Final = 400
"""More charges a second than this machine makes."""

SAID: Final = (
    f"As under Charging, ours alone, at a provider that takes {LONG:.0f} s: more threads than the"
    " cores can feed, where they wait for longer."
)


def measure(plan: Plan) -> Finding:
    """Charges a second, and what they take, by turns."""
    with open_track() as track:
        idle = idle_megabytes(track, track.backlog(OURS, 1))
        most = max(each.in_flight * each.processes for each in _SETTINGS.values())
        backlog = track.backlog(OURS, 4 * most + int(plan.seconds * _FASTEST))
        measures: dict[str, Measure] = {
            name: partial(measure_charges, track, backlog, setting, plan.seconds, idle)
            for name, setting in _SETTINGS.items()
        }
        rows = rows_of(collect(plan, "charges/s", measures), "charges/s")
    return Finding("In flight", SAID, rows)
