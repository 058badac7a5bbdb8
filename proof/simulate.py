"""The simulation's command: many schedules on several cores, or one told in full."""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from secrets import randbelow
from typing import Final

import structlog

from proof.schedule import Trial, draw
from proof.shrinking import shrink

BATCH: Final = 1_000
_SEEDS: Final = 2**48
_SILENT: Final = 50


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of a batch."""

    schedules: int
    ends: Counter[str]
    failing: tuple[int, ...]
    """Their seeds."""


def main() -> int:
    """Run, and say what came of it; 1 where a law was broken."""
    parser = argparse.ArgumentParser(prog="script/simulate", description=__doc__)
    parser.add_argument("--schedules", type=int, default=20_000, help="how many (20000)")
    parser.add_argument("--jobs", type=int, default=2, help="on how many cores (2)")
    parser.add_argument("--seed", type=int, help="the first schedule's (random)")
    parser.add_argument("--replay", type=int, metavar="SEED", help="tell one schedule, shrunk")
    given = parser.parse_args()
    hush()
    if given.replay is not None:
        return _tell(given.replay)
    seed = randbelow(_SEEDS) if given.seed is None else given.seed
    print(f"seed {seed}", flush=True)
    return _run(seed, given.schedules, given.jobs)


def hush() -> None:
    """Let no schedule write logs: there are millions of lines in a long run."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(_SILENT),
        cache_logger_on_first_use=True,
    )
    # Worlds are circles of objects, which are cheaper collected by the batch.
    gc.disable()


def run_batch(first: int, count: int) -> Tally:
    """Live through schedules of consecutive seeds."""
    ends: Counter[str] = Counter()
    failing = []
    for seed in range(first, first + count):
        trial = draw(seed)
        ends.update(trial.ends)
        if trial.fault is not None:
            failing.append(seed)
    gc.collect()
    return Tally(count, ends, tuple(failing))


def _run(seed: int, schedules: int, jobs: int) -> int:
    started, ends, failing, done = time.monotonic(), Counter[str](), list[int](), 0
    for tally in _tallies(seed, schedules, jobs):
        done += tally.schedules
        ends += tally.ends
        failing.extend(tally.failing)
        if done % (10 * BATCH) < BATCH:
            print(f"{done} schedules, {len(failing)} failed", flush=True)
    seconds = time.monotonic() - started
    print(f"{done} schedules in {seconds:.0f} s, {done / seconds:.0f} a second on {jobs} cores")
    print("charges ended " + ", ".join(f"{end} {n}" for end, n in ends.most_common()))
    for failed in islice(failing, 3):
        _tell(failed)
    print(f"{len(failing)} schedules broke a law" if failing else "every law held")
    return 1 if failing else 0


def _tallies(seed: int, schedules: int, jobs: int) -> Iterator[Tally]:
    firsts = range(seed, seed + schedules, BATCH)
    counts = [min(BATCH, seed + schedules - first) for first in firsts]
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=hush) as pool:
        yield from pool.map(run_batch, firsts, counts)


def _tell(seed: int) -> int:
    trial = draw(seed)
    if trial.fault is None:
        print(_story(seed, trial))
        return 0
    print(_story(seed, shrink(trial)))
    return 1


def _story(seed: int, trial: Trial) -> str:
    lines = [f"schedule {seed}, {trial.provider}: {trial.fault or 'every law held'}"]
    lines += [f"  {move!r}" for move in trial.moves]
    return "\n".join([*lines, f"  ended {', '.join(trial.ends)}"])


if __name__ == "__main__":
    sys.exit(main())
