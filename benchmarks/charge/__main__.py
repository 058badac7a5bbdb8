"""Our worker alone, for a profiler: `python -m benchmarks.charge [in flight] [seconds]`.

Prints the worker's process id (`py-spy record --pid …`), then its charges a second.
"""

from __future__ import annotations

import sys
import time

from benchmarks.charge.backlog import count_done, fill, rate
from benchmarks.charge.ground import Ground, open_ground
from local.folders import PROJECT
from local.processes import read_procfile

LOOK_SECONDS = 2.0
MOST_A_SECOND = 1000


def main(in_flight: int, seconds: float) -> None:
    """Run the relay and a worker as the Procfile does, tell how fast they are."""
    with open_ground() as ground, ground.database("watched") as database:
        fill(database, int(seconds * MOST_A_SECOND), ground.keys.ENCRYPTION_KEYS)
        _watch(ground, database, in_flight, seconds)


def _watch(ground: Ground, database: str, in_flight: int, seconds: float) -> None:
    environment = ground.environment(database) | {"WORKER_CONCURRENCY": str(in_flight)}
    commands = read_procfile(PROJECT / "Procfile")
    worker = ground.child("worker", commands["stripe"], environment)
    relay = ground.child("relay", commands["relay"], environment)
    try:
        relay.start()
        worker.start()
        print(f"worker: process {worker.pid}, its log {worker.log}", flush=True)
        _tell(database, seconds)
    finally:
        worker.kill()
        relay.kill()


def _tell(database: str, seconds: float) -> None:
    end = time.time() + seconds
    while (before := time.time()) < end:
        time.sleep(LOOK_SECONDS)
        pace, done = rate(database, before, time.time()), count_done(database)
        print(f"{pace:6.0f} a second, {done} done", flush=True)


if __name__ == "__main__":
    main(int((sys.argv[1:] or ["256"])[0]), float((sys.argv[2:] or ["60"])[0]))
