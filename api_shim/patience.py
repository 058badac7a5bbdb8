"""Long polling: waiting for a change without holding a connection, in some of the threads only."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import BoundedSemaphore
from typing import Final, TypeVar

Seen = TypeVar("Seen")

_FIRST_REST: Final = 0.05
_LONGEST_REST: Final = 0.5


class Patience:
    """The seats of one process for those who wait; whoever finds none gets an answer at once."""

    def __init__(self, seats: int) -> None:
        self._seats = BoundedSemaphore(seats)

    def until_changed(self, read: Callable[[], Seen], first: Seen, seconds: float) -> Seen:
        """Read again until the answer is another than the first, or the time is over."""
        if seconds <= 0 or not self._seats.acquire(blocking=False):
            return first
        try:
            return _poll(read, first, time.monotonic() + seconds)
        finally:
            self._seats.release()


def _poll(read: Callable[[], Seen], first: Seen, ends_at: float) -> Seen:
    seen, rest = first, _FIRST_REST
    while seen == first and (left := ends_at - time.monotonic()) > 0:
        time.sleep(min(rest, left))
        rest = min(rest * 1.5, _LONGEST_REST)
        seen = read()
    return seen
