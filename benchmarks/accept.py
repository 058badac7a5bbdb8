"""How fast a charge is accepted with Redis up, down and hanging: `python -m benchmarks.accept`.

One run on one machine, interleaved; compare the rows with each other, not with other machines.
"""

import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from http import HTTPStatus

from local.engines import Postgres, Redis
from local.folders import PROJECT, temporary_folder
from tests.system.system import System

MIGRATE = ("-m", "alembic", "-c", "shared/migrations/alembic.ini", "upgrade", "head")
ROUNDS = 5
CHARGES = 100


def main() -> None:
    """Measure, print."""
    with temporary_folder("bench") as folder, Postgres(folder / "p") as database:
        environment = {**os.environ, "DATABASE_URL": database.url}
        subprocess.run([sys.executable, *MIGRATE], cwd=PROJECT, env=environment, check=True)
        with Redis(folder / "r") as redis:
            system = System(folder, database.url, redis)
            try:
                system.start()
                system.processes["worker"].stop()
                report(measure(system, redis))
            finally:
                system.stop()


def measure(system: System, redis: Redis) -> dict[str, list[float]]:
    """Seconds per accepted charge, by what Redis is doing."""
    states: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "up": (lambda: None, lambda: None),
        "down": (redis.kill, redis.start),
        "hanging": (
            lambda: os.kill(redis.pid, signal.SIGSTOP),
            lambda: os.kill(redis.pid, signal.SIGCONT),
        ),
    }
    seconds: dict[str, list[float]] = {state: [] for state in states}
    for _ in range(ROUNDS):
        for state, (begin, end) in states.items():
            orders = [system.order() for _ in range(CHARGES)]
            begin()
            seconds[state] += [accept(system, order) for order in orders]
            end()
    return seconds


def accept(system: System, order: str) -> float:
    """Seconds from the request to its 202."""
    started = time.perf_counter()
    answer = system.charge(order, stripe="tok_visa")
    taken = time.perf_counter() - started
    assert answer.status_code == HTTPStatus.ACCEPTED
    return taken


def report(seconds: dict[str, list[float]]) -> None:
    """Print a row per state."""
    reference = statistics.quantiles(seconds["up"], n=100)
    for state, taken in seconds.items():
        cuts = statistics.quantiles(taken, n=100)
        print(
            f"Redis {state:8} n={len(taken)} p50 {cuts[49] * 1000:6.1f} ms"
            f" p99 {cuts[98] * 1000:6.1f} ms"
            f" against up: p50 x{cuts[49] / reference[49]:.2f} p99 x{cuts[98] / reference[98]:.2f}"
        )


if __name__ == "__main__":
    main()
