"""Fixed windows: who asked how often, counted in Redis, in memory while that is away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final, Self, cast

import structlog
from redis import RedisError

from shared.impatient_redis import impatient_redis

log = structlog.get_logger()

_LONGEST_REST: Final = 16.0
"""Seconds for which a Redis that is away is left alone, after one, two, four, eight."""

_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600}
_FEW: Final = 1024
"""Windows in memory among which nobody looks for those that have ended."""

_COUNT: Final = """
for place, key in ipairs(KEYS) do
    local count = redis.call('INCR', key)
    if count == 1 then
        redis.call('EXPIRE', key, ARGV[2 * place])
    end
    if count > tonumber(ARGV[2 * place - 1]) then
        return {place, redis.call('PTTL', key)}
    end
end
return {0, 0}
"""
"""Counts one request in each window, until one is full: which, and its milliseconds to go."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in a window, which begins with the first."""

    amount: int
    unit: str

    @classmethod
    def of(cls, text: str) -> Self:
        """A setting such as `600/minute`."""
        amount, _, unit = text.partition("/")
        return cls(int(amount), unit)

    @property
    def seconds(self) -> int:
        """How long a window is."""
        return _SECONDS[self.unit]

    def __str__(self) -> str:
        return f"{self.amount} per 1 {self.unit}"


@dataclass(frozen=True, slots=True)
class Window:
    """What is counted: whose requests, and how many of them a window holds."""

    whose: str
    rate: Rate

    @property
    def name(self) -> str:
        """What it is counted under: another rate begins another window, as long as its own unit."""
        return f"chargehand:limit:{self.whose}:{self.rate.amount}/{self.rate.unit}"


@dataclass(frozen=True, slots=True)
class Full:
    """A window that holds no more, for so many seconds."""

    rate: Rate
    seconds: float


class Counter:
    """Counts requests for any number of threads; it never raises, and hardly ever waits."""

    def __init__(self, redis_url: str, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._count = impatient_redis(redis_url).register_script(_COUNT)
        self._memory = _Memory()
        self._lock = threading.Lock()
        self._rest = 0.0
        self._away_until = 0.0
        self._left_at = float("-inf")

    def count(self, windows: Sequence[Window]) -> Full | None:
        """Count one request in each, up to the first that is full: that one."""
        if self._may_ask():
            asked_at = self._clock()
            try:
                return self._ask(windows)
            except RedisError as away:
                self._leave_alone(asked_at, f"{type(away).__name__}: {away}")
        with self._lock:
            return self._memory.count(windows, self._clock())

    def _ask(self, windows: Sequence[Window]) -> Full | None:
        limits = [number for each in windows for number in (each.rate.amount, each.rate.seconds)]
        answer = self._count(keys=[each.name for each in windows], args=limits)
        place, milliseconds = cast("tuple[int, int]", answer)
        self._rest = self._away_until = 0.0
        return Full(windows[place - 1].rate, milliseconds / 1000) if place else None

    def _may_ask(self) -> bool:
        if not self._rest:
            return True
        with self._lock:
            now = self._clock()
            if now < self._away_until:
                return False
            self._away_until = now + self._rest  # one looks whether it is back, the others go on
            return True

    def _leave_alone(self, asked_at: float, reason: str) -> None:
        with self._lock:
            if asked_at < self._left_at:  # it was found away by another who asked as early
                return
            self._rest = min(self._rest * 2 or 1.0, _LONGEST_REST)
            self._left_at = self._clock()
            self._away_until = self._left_at + self._rest
        log.warning("rate_limits.redis_away", reason=reason[:300])


class _Memory:
    """A process's own windows."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[int, float]] = {}
        self._crowd = _FEW

    def count(self, windows: Sequence[Window], now: float) -> Full | None:
        for window in windows:
            count, ends = self._held.get(window.name, (0, 0.0))
            if ends <= now:
                self._forget_the_ended(now)
                count, ends = 0, now + window.rate.seconds
            self._held[window.name] = count + 1, ends
            if count >= window.rate.amount:
                return Full(window.rate, ends - now)
        return None

    def _forget_the_ended(self, now: float) -> None:
        if len(self._held) < self._crowd:
            return
        self._held = {name: kept for name, kept in self._held.items() if kept[1] > now}
        self._crowd = max(_FEW, 2 * len(self._held))
