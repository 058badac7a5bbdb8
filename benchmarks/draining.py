"""Draining: a backlog of a million goes as fast as one of some thousands, in as much memory."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Final

import psutil
from redis import Redis

from benchmarks.charge.backlog import count, fill, rate
from benchmarks.charge.contestants import OURS
from benchmarks.charge.ground import Ground
from benchmarks.finding import Plan
from benchmarks.serving import execute
from benchmarks.turns import Measure, Sample
from local.child import Child
from local.folders import PROJECT
from local.processes import read_procfile
from shared.domain.charge import Status

LARGEST: Final = 1_000_000
_A_SECOND: Final = 200
"""More than 64 threads do whose provider takes half a second."""
_WINDOWS: Final = 4
_LATENCY_MS: Final = 500.0
_BUSY: Final = 192
"""Charges done, three for each thread, after which relay and worker are taken for started."""
_PATIENCE: Final = 120.0


def measures(stack: ExitStack, ground: Ground, plan: Plan) -> dict[str, Measure]:
    """Charges a second with few due, and with many."""
    window = plan.seconds * _WINDOWS
    with ground.sandbox.control() as control:
        control.settings(latency_median_ms=_LATENCY_MS, latency_sigma=0)
    few = int(_A_SECOND * (window + 1) * plan.repetitions) + 2 * _BUSY
    counts = {"few": few, "many": min(LARGEST, plan.largest)}
    return {
        f"{charges:,} due": _measure(ground, _due(stack, ground, name, charges), window)
        for name, charges in counts.items()
    }


def _due(stack: ExitStack, ground: Ground, name: str, charges: int) -> str:
    database = stack.enter_context(ground.database(f"due_{name}"))
    fill(database, OURS, charges, ground.keys.ENCRYPTION_KEYS)
    execute(database, "VACUUM ANALYZE")
    return database


def _measure(ground: Ground, database: str, window: float) -> Measure:
    def measure() -> Sample:
        environment = ground.environment(database)
        commands = read_procfile(PROJECT / "Procfile")
        relay, worker = (
            ground.child(name, commands[process], environment)
            for name, process in (("relay", "relay"), ("worker", "stripe"))
        )
        broker = Redis.from_url(ground.redis.url)
        broker.flushall()
        try:
            relay.start()
            worker.start()
            _wait(database)
            before = {"relay": _pss(relay), "worker": _pss(worker), "Redis": _used(broker)}
            begin = time.time()
            time.sleep(window)
            pace = rate(database, OURS, begin, time.time())
            after = {"relay": _pss(relay), "worker": _pss(worker), "Redis": _used(broker)}
        finally:
            worker.kill()
            relay.kill()
            broker.close()
        grown = {f"{name} grew, MiB": after[name] - before[name] for name in after}
        return Sample(pace, {f"{name}, MiB": after[name] for name in after} | grown)

    return measure


def _wait(database: str) -> None:
    deadline, wanted = time.monotonic() + _PATIENCE, count(database, OURS, Status.SUCCEEDED) + _BUSY
    while count(database, OURS, Status.SUCCEEDED) < wanted:
        if time.monotonic() > deadline:
            raise TimeoutError(f"relay and worker did not do {_BUSY} charges in {_PATIENCE:.0f} s")
        time.sleep(0.5)


def _pss(child: Child) -> float:
    process = psutil.Process(child.pid)
    family = [process, *process.children(recursive=True)]
    return float(sum(each.memory_full_info().pss for each in family)) / 2**20


def _used(broker: Redis) -> float:
    return float(broker.info("memory")["used_memory"]) / 2**20
