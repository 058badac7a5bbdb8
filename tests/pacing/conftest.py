"""A workshop for each test, and buckets in Redis that no other test has."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from redis import Redis

from shared.domain.charge import Provider
from shared.token_buckets import Limit, SharedBuckets
from tests.reconciliation.conftest import sandbox, workshop

__all__ = ["sandbox", "workshop"]


@dataclass
class BucketsInRedis:
    """Makes what each worker process has, over one Redis."""

    url: str

    def of_a_process(self, **limits: float) -> SharedBuckets:
        """Limits by provider, in calls a second."""
        given = {Provider(name): Limit(limit) for name, limit in limits.items()}
        return SharedBuckets(self.url, given)

    def lose_everything(self) -> None:
        """As a Redis that was restarted empty."""
        with Redis.from_url(self.url) as client:
            client.script_flush()
            for key in client.scan_iter("chargehand:bucket:*"):
                client.delete(key)


@pytest.fixture
def in_redis(redis: str) -> Iterator[BucketsInRedis]:
    """Full buckets."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    database = int(worker) + 1  # a given Redis is shared by what runs side by side
    buckets = BucketsInRedis(urlsplit(redis)._replace(path=f"/{database}").geturl())
    buckets.lose_everything()
    yield buckets
    buckets.lose_everything()
