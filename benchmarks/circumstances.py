"""The circumstances of a measurement: when, of which commit, where, with what versions."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import psutil

from benchmarks.finding import Plan
from local.folders import PROJECT, temporary_folder
from local.postgres import Postgres
from local.redis import redis_program

PACKAGES: Final = (
    *("celery", "kombu", "Flask", "gunicorn", "SQLAlchemy", "psycopg2-binary", "redis"),
    *("stripe", "pydantic"),
)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where a finding holds. `at` is the instant at which its run began (RFC 3339)."""

    at: str
    commit: str
    machine: str
    versions: Mapping[str, str]
    plan: Plan


def look_around(plan: Plan) -> Circumstances:
    """The circumstances of a run that begins now."""
    return Circumstances(
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        commit=_told("git", "-C", str(PROJECT), "describe", "--always", "--dirty"),
        machine=", ".join(_machine()),
        versions={
            "Python": platform.python_version(),
            "Postgres": _postgres(),
            "Redis": _number(_told(str(redis_program() or "none"), "--version")),
            **{name: version(name) for name in PACKAGES},
        },
        plan=plan,
    )


def _machine() -> Iterator[str]:
    cpus = Path("/proc/cpuinfo")
    named = re.search(r"model name\s*: (.+)", cpus.read_text() if cpus.exists() else "")
    yield named[1] if named else platform.machine()
    yield f"{os.cpu_count()} cores"
    yield f"{psutil.virtual_memory().total / 2**30:.0f} GiB of memory"
    yield f"{platform.system()} {platform.release()}"


def _postgres() -> str:
    with temporary_folder("bench") as folder:
        return _number(_told(str(Postgres(folder).program("postgres")), "--version"))


def _number(told: str) -> str:
    found = re.search(r"\d+(\.\d+)+", told)
    return found[0] if found else "none"


def _told(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
