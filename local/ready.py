"""Says when the system is ready, and ends when a part of it that nobody else watches has died.

It runs beside the Procfile's processes, so that its end is the end of all.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import requests

LOOK_SECONDS = 0.1
WATCH_SECONDS = 1.0


def main(words: Sequence[str] | None = None) -> int:
    """Wait, tell, watch."""
    options = read_arguments(words)
    parts = {name: int(pid) for name, pid in (part.split("=") for part in options.watch)}
    while not is_ready(options.url):
        if dead := first_dead(parts):
            return complain(dead)
        time.sleep(LOOK_SECONDS)
    for line in options.say:
        print(line)
    if options.ready_file:
        announce(options.ready_file)
    while not (dead := first_dead(parts)):
        time.sleep(WATCH_SECONDS)
    return complain(dead)


def read_arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line, which local.server writes."""
    parser = argparse.ArgumentParser(prog="local.ready")
    parser.add_argument("url", help="the API")
    parser.add_argument("--say", action="append", default=[], help="a line to print when ready")
    parser.add_argument("--watch", action="append", default=[], help="a part, as name=pid")
    parser.add_argument("--ready-file", type=Path, help="gets the settings as JSON when ready")
    return parser.parse_args(words)


def is_ready(url: str) -> bool:
    """Whether the API says that database and broker are there."""
    try:
        answer = requests.get(f"{url}/health/ready", timeout=5)
    except requests.RequestException:
        return False
    return answer.ok and bool(answer.json()["status"] == "ok")


def first_dead(parts: dict[str, int]) -> str | None:
    """The name of a part whose process is gone."""
    return next((name for name, pid in parts.items() if not is_alive(pid)), None)


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that ended but was not collected does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def announce(path: Path) -> None:
    """Write this process' environment, which is the system's, where a driver waits for it."""
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(dict(os.environ), file)
    fresh.replace(path)


def complain(name: str) -> int:
    """Tell which part died; the exit code that goes with it."""
    print(f"{name} died.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
