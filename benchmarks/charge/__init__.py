"""What a charge costs from its message to its settled row, beside the same work done by others."""

from __future__ import annotations

import asyncio
import os
import statistics
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from benchmarks.charge import provider
from benchmarks.charge.contestants import CELERY, DBOS, DRAMATIQ, OURS, PROCRASTINATE, Contestant
from benchmarks.charge.installation import install_peers, versions
from benchmarks.charge.measuring import (
    MACHINE_CPU,
    MEMORY,
    Setting,
    idle_megabytes,
    measure_charges,
)
from benchmarks.charge.track import LONG, Backlog, Track, open_track
from benchmarks.finding import Finding, Goal, Plan, Ratio, Row
from benchmarks.turns import Measure, Sample, collect, rows_of

Entry = tuple[Contestant, Setting]

_FEW, _SOME, _SOME_TWICE = Setting(64), Setting(256), Setting(256, processes=2)
_WAITING = Setting(256, seconds=LONG)
_HALF, _HALF_TWICE = Setting(128, seconds=LONG), Setting(128, processes=2, seconds=LONG)
_ENTRIES: Final[Sequence[Entry]] = (
    (OURS, _SOME),
    (CELERY, _SOME),
    (DRAMATIQ, _SOME),
    (PROCRASTINATE, _SOME),
    (DBOS, _SOME),
    (OURS, _SOME_TWICE),
    (OURS, _FEW),
    (CELERY, _FEW),
    (OURS, _WAITING),
    (OURS, _HALF),
    (OURS, _HALF_TWICE),
)
"""In the order of their turns: what is compared stands side by side."""

_FASTEST: Final = 1000
"""More charges a second than any of them makes: what a backlog is made for."""


def measure(plan: Plan) -> Finding:
    """Measure all of them by turns; then the provider without anybody."""
    programs = install_peers()
    with open_track(programs) as track:
        taken = collect(plan, "charges/s", _measures(track, plan.seconds))
        alone = rows_of(collect(plan, "answers/s", _asking(track, plan.seconds)), "answers/s")
    rows = dict(zip(_ENTRIES, rows_of(taken, "charges/s"), strict=True))
    return Finding(
        "Charging, beside others",
        _SAID.format(versions=versions(programs)),
        (*rows.values(), *alone),
        tuple(_goals(rows, [sample.beside[MEMORY] for sample in taken[_name((OURS, _WAITING))]])),
        (_allowed(rows), *_REMARKS),
    )


def _measures(track: Track, seconds: float) -> Mapping[str, Measure]:
    count = int(_SOME.in_flight * 4 + seconds * _FASTEST)
    backlogs: dict[Contestant, Backlog] = {}
    idle: dict[Contestant, float] = {}
    for contestant in dict.fromkeys(contestant for contestant, _ in _ENTRIES):
        print(f"  telling {contestant.name} of {count:,} charges", flush=True)
        idle[contestant] = idle_megabytes(track, track.backlog(contestant, 1))
        backlogs[contestant] = track.backlog(contestant, count)
    return {
        _name((contestant, setting)): partial(
            measure_charges, track, backlogs[contestant], setting, seconds, idle[contestant]
        )
        for contestant, setting in _ENTRIES
    }


def _asking(track: Track, seconds: float) -> Mapping[str, Measure]:
    def ask(connections: int) -> Sample:
        port = track.providers[provider.SECONDS]
        return Sample(asyncio.run(provider.rate(port, connections, seconds)))

    return {
        f"the provider alone, {setting.in_flight} connections": partial(ask, setting.in_flight)
        for setting in (_FEW, _SOME)
    }


def _name(entry: Entry) -> str:
    contestant, setting = entry
    processes = f", {setting.processes} processes" if setting.processes > 1 else ""
    seconds = f", {setting.seconds:.0f} s" if setting.seconds != provider.SECONDS else ""
    return f"{contestant.name}, {setting.in_flight} in flight{processes}{seconds}"


def _goals(rows: Mapping[Entry, Row], memory: Sequence[float]) -> list[Goal]:
    ours = rows[OURS, _SOME]
    return [
        Goal("charges against a bare Celery task", 0.8, ours.against(rows[CELERY, _SOME])),
        Goal("charges against a bare Dramatiq actor", 1.0, ours.against(rows[DRAMATIQ, _SOME])),
        Goal("charges against Procrastinate", 2, ours.against(rows[PROCRASTINATE, _SOME])),
        Goal("charges against DBOS", 5, ours.against(rows[DBOS, _SOME])),
        Goal(
            "charges of two processes against one, cores allowing",
            1.8,
            rows[OURS, _HALF_TWICE].against(rows[OURS, _HALF]),
        ),
        Goal(
            "memory of a charge in flight",
            0.15,
            Ratio(statistics.median(memory), min(memory), max(memory)),
            is_ceiling=True,
            unit="MB",
        ),
    ]


def _allowed(rows: Mapping[Entry, Row]) -> str:
    one, two = (_busy(rows[OURS, setting]) for setting in (_SOME, _SOME_TWICE))
    return (
        f"This machine has {os.cpu_count()} cores for workers, relay, Postgres, Redis, the provider"
        f" and all else: with 256 in flight one process of ours kept {one:.1f} of them busy, two"
        f" {two:.1f}. Where one keeps most of them busy, two cannot charge twice as much: what two"
        " processes add is measured where the provider takes 2 s, so that 128 in flight, and not"
        " the cores, bound a process."
    )


def _busy(row: Row) -> float:
    return row.median * row.beside[MACHINE_CPU] / 1000


_SAID: Final = (
    "Workers carry out a backlog of charges at a provider that takes half a second, or as long"
    " as is told; charges are counted in Postgres, over a window that begins once as many are"
    " done as are in flight. All use the same Postgres (every commit waits for the disk), the"
    " same provider and Stripe's own SDK, a pool of 32 connections, threads; one process each"
    " unless two are named, started anew for each repetition over a copy of the same backlog."
    " Ours is the worker of the Procfile with all it does: a relay that feeds it, fenced claims,"
    " a frozen request, an encrypted instrument, a record of every move, checks of the answer,"
    " log lines, Flower's events, an outbound event; but for the provider's pace"
    " (STRIPE_RATE_LIMIT), which would hold it back. Of the others each has the same body: an"
    " UPDATE that claims, one call under an idempotency key, an UPDATE that notes the answer."
    " Bare Celery and Dramatiq have nothing around it; Procrastinate and DBOS keep the work"
    f" itself in Postgres, as we do. Versions: {versions}."
)
_REMARKS: Final = (
    "The bare Celery task is acknowledged before it runs: what a dying worker had in hand is lost,"
    " as is all that waits when Redis loses it.",
    "Procrastinate runs in as many threads as charges are in flight (its default would be a few a"
    " core), with 16 connections of its own; DBOS in as many, with its own 20, its queue polled"
    " twenty times a second instead of once. Another process enqueued their work beforehand.",
    "Ours is fed while it is measured, and its relay's work is in the machine's CPU; the others'"
    " queues were filled beforehand.",
    "Memory is what the workers take (PSS) over what one takes that has carried out a single"
    " charge, for each charge that was claimed and not settled when the window ended. The goal is"
    " of 256 charges at a provider that takes 2 s: at half a second most of 256 threads are idle,"
    " and what they take is counted for the few charges that are in flight.",
    "The provider is a program of the benchmark's own that repeats an answer of the sandbox: with"
    " its ledger the sandbox takes 3 ms of a core for each charge, half of what ours takes.",
)
