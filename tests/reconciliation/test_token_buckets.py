"""All processes together keep under a limit, whether Redis is there or not."""

import itertools
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from shared.domain.charge import Provider
from shared.token_buckets import NOW, Limit, SharedBuckets
from tests.reconciliation.buckets import BucketsInRedis

SLOW = 0.01
"""So few tokens a second that none flows in during a test."""

STRIPE = Provider.STRIPE


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Silence:
    """Something that listens like Redis, and never answers."""

    server: socket.socket
    asked: list[socket.socket]

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.server.getsockname()[1]}/0"

    def listen(self) -> None:
        while True:
            try:
                self.asked.append(self.server.accept()[0])
            except OSError:
                return


@pytest.fixture
def silence() -> Iterator[Silence]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        silent = Silence(server, [])
        listening = threading.Thread(target=silent.listen)
        listening.start()
        yield silent
        server.shutdown(socket.SHUT_RDWR)
        listening.join()
        for connection in silent.asked:
            connection.close()


def away(clock: Clock, limit: float = 10.0) -> SharedBuckets:
    """Buckets whose Redis refuses every connection."""
    return SharedBuckets("redis://127.0.0.1:1/0", {STRIPE: Limit(limit)}, clock)


def granted(buckets: SharedBuckets, asks: int) -> int:
    return sum(buckets.take(STRIPE) == NOW for _ in range(asks))


def test_processes_share_one_bucket(in_redis: BucketsInRedis) -> None:
    processes = [in_redis.of_a_process(stripe=SLOW) for _ in range(5)]

    assert sum(granted(process, 3) for process in processes) == 1


def test_whoever_finds_no_token_is_promised_a_later_one_each(in_redis: BucketsInRedis) -> None:
    buckets = in_redis.of_a_process(stripe=SLOW)
    every = timedelta(seconds=1 / (SLOW * 0.8))
    buckets.take(STRIPE)

    waits = [buckets.take(STRIPE) for _ in range(4)]

    assert all(later - wait > every * 0.9 for wait, later in itertools.pairwise(waits))


def test_each_provider_has_a_bucket_of_its_own(in_redis: BucketsInRedis) -> None:
    buckets = in_redis.of_a_process(stripe=SLOW, paypal=SLOW)
    buckets.take(Provider.STRIPE)

    assert buckets.take(Provider.STRIPE) > NOW
    assert buckets.take(Provider.PAYPAL) == NOW


def test_what_has_no_limit_is_not_counted() -> None:
    buckets = SharedBuckets("redis://127.0.0.1:1/0", {Provider.PAYPAL: Limit(SLOW)})

    assert granted(buckets, 100) == 100


def test_a_redis_that_lost_everything_has_full_buckets(in_redis: BucketsInRedis) -> None:
    buckets = in_redis.of_a_process(stripe=SLOW)
    buckets.take(STRIPE)

    in_redis.lose_everything()

    assert granted(buckets, 5) == 1


def test_without_redis_each_process_keeps_to_its_share() -> None:
    clock = Clock()
    processes = [away(clock) for _ in range(4)]
    limit, seconds = Limit(10), 20

    count = 0
    for _ in range(seconds * 10):
        clock.now += 0.1
        count += sum(granted(process, 5) for process in processes)

    assert 0 < count <= limit.rate * seconds + len(processes)


def test_the_share_follows_how_many_processes_redis_knew(in_redis: BucketsInRedis) -> None:
    clock = Clock()
    crowd = [SharedBuckets(in_redis.url, {STRIPE: Limit(10)}, clock) for _ in range(8)]
    for _ in range(2):
        for process in crowd:
            process.take(STRIPE)

    assert {process.share_of(STRIPE) for process in crowd} == {Limit(10).rate / 8}


def test_a_redis_that_hangs_is_asked_once_and_then_left_alone(silence: Silence) -> None:
    clock = Clock()
    buckets = SharedBuckets(silence.url, {STRIPE: Limit(10)}, clock)

    granted(buckets, 50)
    first = len(silence.asked)
    clock.now += 6
    granted(buckets, 50)

    assert first == 1
    assert len(silence.asked) == 2


def test_a_redis_that_is_back_is_asked_again(in_redis: BucketsInRedis) -> None:
    clock = Clock()
    buckets = SharedBuckets(in_redis.url, {STRIPE: Limit(SLOW)}, clock)
    buckets.leave_alone("as if it had been away")
    assert granted(buckets, 3) == 1  # its own

    clock.now += 6

    assert granted(buckets, 3) == 1  # the shared one
