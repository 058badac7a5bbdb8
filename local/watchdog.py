"""Stops what a parent left running when it died without a goodbye.

`Watchdog` is the parent's side. Run as a script, this file is the other side: a small process
that reads `watch PID SIGNAL` and `forget PID` lines, then ends what is still watched once the
parent is gone, kill -9 included. It looks at its parent's pid as well as at the pipe, for a
forked sibling may hold the pipe open.
"""

import atexit
import contextlib
import functools
import os
import select
import signal
import subprocess
import sys
import time
from typing import IO

PATIENCE_SECONDS = 10.0
LOOK_SECONDS = 0.5


class Watchdog:
    """The parent's side: which children to end if this process dies."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, str(os.getpid())],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def watch(self, pid: int, stop_signal: int = signal.SIGTERM) -> None:
        """From now on, `pid` and its process group end with this process."""
        self._tell(f"watch {pid} {int(stop_signal)}\n")

    def forget(self, pid: int) -> None:
        """`pid` has ended; its number may become somebody else's."""
        self._tell(f"forget {pid}\n")

    def leave(self) -> None:
        """Say goodbye: what is still watched ends now, then the watchdog itself."""
        pipe = self._process.stdin
        assert pipe is not None
        pipe.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        with contextlib.suppress(BrokenPipeError):
            pipe.write(line.encode())
            pipe.flush()


@functools.cache
def watchdog() -> Watchdog:
    """The one watchdog of this process, started when first needed."""
    made = Watchdog()
    atexit.register(made.leave)
    return made


def guard(parent: int, orders: IO[bytes]) -> dict[int, int]:
    """Follow the orders until the parent is gone; what is still watched then."""
    watched: dict[int, int] = {}
    while True:
        readable, _, _ = select.select([orders], [], [], LOOK_SECONDS)
        match orders.readline().split() if readable else None:
            case [b"watch", pid, number]:
                watched[int(pid)] = int(number)
            case [b"forget", pid]:
                watched.pop(int(pid), None)
            case None if os.getppid() == parent:
                continue
            case _:
                return watched


def end(watched: dict[int, int]) -> None:
    """Ask politely, then insist."""
    for pid, number in watched.items():
        _signal_group(pid, number)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and any(_is_alive(pid) for pid in watched):
        time.sleep(0.05)
    for pid in watched:
        _signal_group(pid, signal.SIGKILL)


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    # Unbuffered, or a second line could wait in Python's buffer where select() cannot see it.
    end(guard(int(sys.argv[1]), os.fdopen(0, "rb", buffering=0)))
