"""Our worker alone, for a profiler: `python -m benchmarks.charge [in flight] [seconds]`.

Prints the worker's process id (`py-spy record --pid …`), then its charges a second.
"""

from __future__ import annotations

import sys
import time
from typing import Final

from benchmarks.charge.backlog import count, rate
from benchmarks.charge.contestants import OURS
from benchmarks.charge.track import open_track
from shared.domain.charge import Status

_LOOK_SECONDS: Final = 2.0
_FASTEST: Final = 1000


def main(in_flight: int, seconds: float) -> None:
    """Run the relay and a worker as the Procfile does, tell how fast they are."""
    with open_track() as track:
        backlog = track.backlog(OURS, int(seconds * _FASTEST))
        with (
            track.copied(backlog) as database,
            track.running(OURS, database, in_flight) as (worker,),
        ):
            print(f"worker: process {worker.pid}, its log {worker.log}", flush=True)
            _tell(database, seconds)


def _tell(database: str, seconds: float) -> None:
    end = time.time() + seconds
    while (before := time.time()) < end:
        time.sleep(_LOOK_SECONDS)
        pace = rate(database, OURS, before, time.time())
        done = count(database, OURS, Status.SUCCEEDED)
        print(f"{pace:6.0f} a second, {done} done", flush=True)


if __name__ == "__main__":
    main(int((sys.argv[1:] or ["256"])[0]), float((sys.argv[2:] or ["60"])[0]))
