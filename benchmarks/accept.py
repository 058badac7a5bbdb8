"""Accepting a charge, with Redis up, down and hanging."""

import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

from benchmarks.finding import Finding, Goal, Plan
from benchmarks.turns import Sample, in_turns
from local.engines import Postgres, Redis
from local.folders import PROJECT, temporary_folder
from tests.system.system import System

MIGRATE = ("-m", "alembic", "-c", "shared/migrations/alembic.ini", "upgrade", "head")
CHARGES = 50


def measure(plan: Plan) -> Finding:
    """Milliseconds from the request to its 202."""
    with temporary_folder("bench") as folder, Postgres(folder / "p") as database:
        environment = {**os.environ, "DATABASE_URL": database.url}
        subprocess.run([sys.executable, *MIGRATE], cwd=PROJECT, env=environment, check=True)
        with Redis(folder / "r") as redis:
            system = System(folder, database.url, redis)
            try:
                system.start()
                system.processes["worker"].stop()
                return _find(plan, system, redis)
            finally:
                system.stop()


def _find(plan: Plan, system: System, redis: Redis) -> Finding:
    def hang() -> None:
        os.kill(redis.pid, signal.SIGSTOP)

    def go_on() -> None:
        os.kill(redis.pid, signal.SIGCONT)

    rows = in_turns(
        plan,
        "ms",
        {
            "Redis up": partial(_accept, system, int, int),
            "Redis down": partial(_accept, system, redis.kill, redis.start),
            "Redis hanging": partial(_accept, system, hang, go_on),
        },
    )
    goal = Goal("hanging against up", 1.02, rows[2].against(rows[0]), is_ceiling=True)
    return Finding("Accepting a charge", "One request after another.", rows, (goal,))


def _accept(system: System, begin: Callable[[], object], end: Callable[[], object]) -> Sample:
    orders = [system.order() for _ in range(CHARGES)]
    begin()
    taken = []
    for order in orders:
        started = time.perf_counter()
        system.charge(order, stripe="tok_visa").raise_for_status()
        taken.append((time.perf_counter() - started) * 1000)
    end()
    return Sample(statistics.median(taken), {"p99, ms": statistics.quantiles(taken, n=100)[98]})
