"""A value that every process makes for itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class PerProcess(Generic[Value]):
    """Made at its first use, and anew in a forked child.

    A connection kept open across a fork answers parent and child with each other's bytes.
    """

    def __init__(self, make: Callable[[], Value]) -> None:
        self._make = make
        self._lock = Lock()
        self._made: tuple[int, Value] | None = None

    def get(self) -> Value:
        """This process's value."""
        made = self._made
        if made and made[0] == os.getpid():
            return made[1]
        with self._lock:
            if self._made is None or self._made[0] != os.getpid():
                self._made = os.getpid(), self._make()
            return self._made[1]
