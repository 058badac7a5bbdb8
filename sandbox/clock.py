"""Each tenant's virtual time: real time plus an offset, with the timers that hang on it."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable

Alarm = Callable[[], None]


class VirtualClock:
    """Seconds since the epoch as one tenant sees them.

    `advance` moves time forward; timers that fall due on the way ring in order of their due time.
    A timer that reschedules itself from its own due time therefore catches up within one advance.
    """

    def __init__(self) -> None:
        self._offset = 0.0
        self._alarms: list[tuple[float, int, Alarm]] = []
        self._sequence = itertools.count()
        self._wakeup: asyncio.TimerHandle | None = None

    @property
    def offset(self) -> float:
        """How many seconds this clock is ahead of the machine's."""
        return self._offset

    def now(self) -> float:
        """Return virtual seconds since the epoch."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move time forward, ring what is due; ValueError for a step backwards."""
        if seconds < 0:
            raise ValueError("A clock only goes forward.")
        self._offset += seconds
        self._ring()

    def at(self, due: float, alarm: Alarm) -> None:
        """Ring `alarm` once when virtual time reaches `due`; never before control returns."""
        heapq.heappush(self._alarms, (due, next(self._sequence), alarm))
        self._arm()

    def after(self, delay: float, alarm: Alarm) -> None:
        """Ring `alarm` once `delay` virtual seconds from now."""
        self.at(self.now() + delay, alarm)

    def reset(self) -> None:
        """Return to real time, forget every timer."""
        self._offset = 0.0
        self._alarms.clear()
        self._disarm()

    def _ring(self) -> None:
        self._disarm()
        while self._alarms and self._alarms[0][0] <= self.now():
            _, _, alarm = heapq.heappop(self._alarms)
            alarm()
        self._arm()

    def _arm(self) -> None:
        self._disarm()
        if self._alarms:
            delay = max(0.0, self._alarms[0][0] - self.now())
            self._wakeup = asyncio.get_running_loop().call_later(delay, self._ring)

    def _disarm(self) -> None:
        if self._wakeup is not None:
            self._wakeup.cancel()
            self._wakeup = None
