"""Liveness of workers and beat: they touch their file from the loops that do their work.

A broker or a database that is away is no reason to be restarted: who waits for one lives.
"""

from __future__ import annotations

from typing import Final

from celery import bootsteps
from celery.beat import Scheduler
from celery.worker.consumer import Consumer

from shared.liveness import touch

_EVERY: Final = 5.0
"""Seconds between two touches; `script/alive` waits for sixty."""


class Liveness(bootsteps.StartStopStep):
    """A worker touches it in the loop that takes messages."""

    def start(self, parent: Consumer) -> None:
        """Begin with each connection: Celery forgets its timers when it loses one."""
        touch()
        parent.timer.call_repeatedly(_EVERY, parent.call_soon, (touch,))


class LivingScheduler(Scheduler):
    """Celery's scheduler in memory, which says at each tick that beat lives."""

    _is_closed = False

    def tick(self) -> float:  # type: ignore[override] # the rest of Celery's is how it works
        """As Celery's; SystemExit once it is closed."""
        if self._is_closed:
            raise SystemExit
        touch()
        return super().tick()

    def close(self) -> None:
        """Let the next tick end beat; there is nothing to store, and its connection ends with it.

        Celery calls this from a signal's handler, which then raises SystemExit into whatever beat
        does. Where something swallows that, Celery's own beat goes on, and is killed in the end.
        """
        self._is_closed = True
