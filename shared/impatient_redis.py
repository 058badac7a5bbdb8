"""A Redis that nobody waits for: its client gives up in a moment."""

from __future__ import annotations

from typing import Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

_IMPATIENT: Final = {
    "socket_connect_timeout": 0.05,
    "socket_timeout": 0.05,
    "driver_info": None,
    "retry": Retry(NoBackoff(), 0),
}
"""A Redis that hangs costs who asks it 50 ms, who then leaves it alone for a while.

Retries are redis-py's default; they would make that 200 ms and more. A client that told its own
name first would wait for that as well.
"""


def impatient_redis(url: str) -> Redis:
    """A client of that Redis, which raises RedisError after 50 ms."""
    return Redis.from_url(url, **_IMPATIENT)
