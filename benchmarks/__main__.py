"""Runs the benchmarks, keeps what they find, writes the page."""

from __future__ import annotations

import argparse
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol, cast

from benchmarks import page, record
from benchmarks.circumstances import Circumstances, look_around
from benchmarks.finding import QUICK, WHOLE, Finding, Plan
from benchmarks.record import Kept
from local.folders import PROJECT

BENCHMARKS: Final = ("accept", "webhooks", "latency", "safety", "charge", "flight", "growth")
"""Each is a module of this package, loaded as it is run: they need more than the page does."""


class Benchmark(Protocol):
    """What each module offers."""

    def measure(self, plan: Plan) -> Finding:
        """What it finds, by that plan."""


def main(words: Sequence[str] | None = None) -> int:
    """Exit code: 1 where a benchmark failed; whether a goal is met is the page's to say."""
    options = read_arguments(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options.page.parent.mkdir(parents=True, exist_ok=True)
    kept = options.page.with_suffix(".json")
    failed: list[str] = []
    if not options.page_only:
        plan = QUICK if options.quick else WHOLE
        plan = replace(plan, largest=options.largest or plan.largest)
        circumstances = look_around(plan)
        plan = replace(plan, kept=options.kept)
        print(circumstances.machine, flush=True)
        names = options.names or BENCHMARKS
        failed = [name for name in names if not run(name, plan, circumstances, kept)]
    page.write(record.read(kept), options.page)
    print(*(f"{name} failed; see above" for name in failed), f"See {options.page}", sep="\n")
    return 1 if failed else 0


def read_arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)} (all)"
    )
    parser.add_argument("--quick", action="store_true", help="seconds, to see that all runs")
    parser.add_argument(
        "--page",
        type=Path,
        default=PROJECT / "docs" / "performance.md",
        help="with its JSON and its plots beside it (docs/performance.md)",
    )
    parser.add_argument(
        "--largest",
        type=int,
        help=f"most charges stored ({WHOLE.largest:,}; {QUICK.largest:,} where it is quick)",
    )
    parser.add_argument("--kept", type=Path, help="a folder that keeps what growth has stored")
    parser.add_argument("--page-only", action="store_true", help="from the JSON, measuring nothing")
    options = parser.parse_args(words)
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    return options


def run(name: str, plan: Plan, circumstances: Circumstances, kept: Path) -> bool:
    """Run one benchmark and keep what it found; whether it found anything."""
    print(f"\n{name}", flush=True)
    started = time.monotonic()
    try:
        benchmark = cast("Benchmark", import_module(f"benchmarks.{name}"))
        finding = benchmark.measure(plan)
    except Exception:  # noqa: BLE001 whatever ails one, the others are to go on
        traceback.print_exc()
        return False
    record.keep(kept, name, Kept(circumstances, finding))
    print(*page.table(finding), *finding.remarks, sep="\n")
    print(f"{name} took {time.monotonic() - started:.0f} s", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
