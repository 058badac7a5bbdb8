"""Token buckets: how often all workers together may ask a provider; counted in Redis."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Final, Protocol, cast
from uuid import uuid4

import structlog
from redis import RedisError

from shared.domain.charge import Provider
from shared.impatient_redis import impatient_redis

log = structlog.get_logger()

NOW: Final = timedelta(0)

_REST: Final = 5.0
_UNKNOWN: Final = 4
"""Among how many processes a limit is shared by one that Redis never told their number."""

_TAKE: Final = """
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
redis.call('ZADD', KEYS[2], now, ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - 60)
redis.call('EXPIRE', KEYS[2], 120)

local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'promised')
local passed = math.max(now - (tonumber(kept[2]) or now), 0)
local tokens = math.min((tonumber(kept[1]) or burst) + passed * rate, burst)
local promised, wait = tonumber(kept[3]) or 0, 0
if tokens >= 1 then
    tokens = tokens - 1
else
    promised = math.max(promised + 1 / rate, now + (1 - tokens) / rate)
    wait = promised - now
end
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', string.format('%.6f', now),
    'promised', string.format('%.6f', promised))
redis.call('EXPIRE', KEYS[1], math.ceil(math.max(promised - now, 0) + burst / rate) + 60)
return {math.ceil(wait * 1000), redis.call('ZCARD', KEYS[2])}
"""
"""One token, or how many milliseconds from now one is promised; and among how many it is shared.

Whoever finds none is promised the next that nobody was promised yet, so that a thousand who wait
come back one by one. It is no reservation: a promise that is not kept is followed by another.
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many in any one second: a fifth of them may come at once, the others as they flow in."""

    per_second: float

    @property
    def rate(self) -> float:
        """Tokens that flow in a second."""
        return self.per_second * 0.8

    @property
    def burst(self) -> float:
        """Tokens that a full bucket holds."""
        return max(self.per_second * 0.2, 1.0)


class TokenBuckets(Protocol):
    """The port through which those ask who are about to call a provider."""

    def are_limited(self) -> bool:
        """Whether it makes a difference to ask."""
        ...

    def take(self, provider: Provider) -> timedelta:
        """Take a token: zero. Where there is none, how long from now one is promised."""
        ...


class _LocalBucket:
    """A process's own: the share that it keeps to while Redis is away."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._tokens = 0.0
        self._at = self._promised = float("-inf")

    def take(self, now: float, processes: int) -> timedelta:
        rate, burst = self._limit.rate / processes, max(self._limit.burst / processes, 1.0)
        self._tokens = min(self._tokens + (now - self._at) * rate, burst)
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return NOW
        self._promised = max(self._promised + 1 / rate, now + (1 - self._tokens) / rate)
        return timedelta(seconds=self._promised - now)


class SharedBuckets:
    """A bucket for each provider in Redis; while that is away, one in this process with its share.

    It never raises, and waits for Redis once in some seconds at most.
    """

    def __init__(
        self,
        redis_url: str,
        limits: Mapping[Provider, Limit],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._take = impatient_redis(redis_url).register_script(_TAKE)
        self._name = uuid4().hex
        self._lock = threading.Lock()
        self._away_until = 0.0
        self._processes = dict.fromkeys(limits, _UNKNOWN)
        self._local = {provider: _LocalBucket(limit) for provider, limit in limits.items()}

    def are_limited(self) -> bool:
        """Whether any provider has a limit."""
        return bool(self._limits)

    def take(self, provider: Provider) -> timedelta:
        """Take a token: zero. Where there is none, how long from now one is promised."""
        if provider not in self._limits:
            return NOW
        if self._may_ask():
            try:
                return self._ask(provider)
            except RedisError as away:
                self.leave_alone(f"{type(away).__name__}: {away}")
        with self._lock:
            return self._local[provider].take(self._clock(), self._processes[provider])

    def share_of(self, provider: Provider) -> float:
        """What this process keeps to without Redis, in tokens a second."""
        return self._limits[provider].rate / self._processes[provider]

    def leave_alone(self, reason: str) -> None:
        """Keep to the share for some seconds."""
        with self._lock:
            self._away_until = self._clock() + _REST
        log.warning("token_buckets.away", reason=reason[:300])

    def _ask(self, provider: Provider) -> timedelta:
        limit, bucket = self._limits[provider], f"chargehand:bucket:{{{provider}}}"
        answer = self._take(
            keys=[bucket, f"{bucket}:processes"], args=[limit.rate, limit.burst, self._name]
        )
        wait, processes = cast("tuple[int, int]", answer)
        self._processes[provider], self._away_until = processes, 0.0
        return timedelta(milliseconds=wait)

    def _may_ask(self) -> bool:
        with self._lock:
            now, was_away = self._clock(), self._away_until > 0
            if now < self._away_until:
                return False
            if was_away:  # one looks whether it is back; the others do not wait for that
                self._away_until = now + _REST
            return True
