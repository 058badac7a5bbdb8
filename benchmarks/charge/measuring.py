"""One measurement: workers over a backlog, from their start to the end of a window."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import psutil

from benchmarks.charge.backlog import count, rate
from benchmarks.charge.provider import SECONDS
from benchmarks.charge.track import Backlog, Track
from benchmarks.turns import Sample
from local.child import Child
from shared.domain.charge import Status

WORKER_CPU: Final = "worker CPU, ms a charge"
MACHINE_CPU: Final = "machine CPU, ms a charge"
HELD: Final = "in flight in the end"
MEMORY: Final = "memory, MB a charge in flight"

_PATIENCE: Final = 300.0
_LOOK_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Setting:
    """So many charges in flight in each of so many processes."""

    in_flight: int
    processes: int = 1
    seconds: float = SECONDS
    """That the provider takes."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was used up to an instant, in seconds of a core."""

    at: float
    workers: float
    machine: float


def measure_charges(
    track: Track, backlog: Backlog, setting: Setting, seconds: float, idle: float
) -> Sample:
    """Charges a second, once as many are done as are in flight, so that all slots are turning."""
    contestant, processes = backlog.contestant, setting.processes
    in_flight = setting.in_flight * processes
    with (
        track.copied(backlog) as database,
        track.running(
            contestant, database, setting.in_flight, processes, setting.seconds
        ) as workers,
    ):
        _until_done(backlog, database, workers, in_flight)
        before = _read(workers)
        time.sleep(seconds)
        after = _read(workers)
        memory = _megabytes(workers) - idle * processes
        held = count(database, contestant, Status.SUBMITTING)
        if count(database, contestant, Status.SUCCEEDED) + in_flight > backlog.count:
            raise RuntimeError(f"the backlog of {contestant.name} ran out")
        pace = rate(database, contestant, before.at, after.at)
    if not pace or not held:
        raise RuntimeError(f"{contestant.name} stood still:\n{workers[0].tail()}")
    return Sample(pace, {**_used(before, after, pace), HELD: held, MEMORY: memory / held})


def _used(before: _Reading, after: _Reading, pace: float) -> Mapping[str, float]:
    done = pace * (after.at - before.at)
    return {
        WORKER_CPU: (after.workers - before.workers) * 1000 / done,
        MACHINE_CPU: (after.machine - before.machine) * 1000 / done,
    }


def idle_megabytes(track: Track, backlog: Backlog) -> float:
    """What a worker takes that has carried out its only charge."""
    with (
        track.copied(backlog) as database,
        track.running(backlog.contestant, database, in_flight=256) as workers,
    ):
        _until_done(backlog, database, workers, 1)
        return _megabytes(workers)


def _until_done(backlog: Backlog, database: str, workers: Sequence[Child], wanted: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while count(database, backlog.contestant, Status.SUCCEEDED) < wanted:
        if time.monotonic() > deadline or not all(worker.is_running for worker in workers):
            raise RuntimeError(f"{backlog.contestant.name} does not charge:\n{workers[0].tail()}")
        time.sleep(_LOOK_SECONDS)


def _read(workers: Sequence[Child]) -> _Reading:
    used = [process.cpu_times() for process in _processes(workers)]
    whole = psutil.cpu_times()
    busy = whole.user + whole.nice + whole.system + whole.irq + whole.softirq
    return _Reading(time.time(), sum(one.user + one.system for one in used), busy)


def _megabytes(workers: Sequence[Child]) -> float:
    """The proportional set size: what is shared counts in parts."""
    return sum(process.memory_full_info().pss for process in _processes(workers)) / 1e6


def _processes(workers: Sequence[Child]) -> list[psutil.Process]:
    roots = [psutil.Process(worker.pid) for worker in workers]
    return roots + [child for root in roots for child in root.children(recursive=True)]
