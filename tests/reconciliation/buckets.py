"""Token buckets in a Redis, as each worker process has them."""

from dataclasses import dataclass

from redis import Redis

from shared.domain.charge import Provider
from shared.token_buckets import Limit, SharedBuckets


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
