"""Messages in hand: as many as were asked for, and on no books but a worker's own."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from uuid import uuid4

import pytest
from kombu import Connection, Queue
from kombu.message import Message
from redis import Redis

from shared.broker import Transport

MOST = 2
FROM = 3


@contextmanager
def consuming(url: str, prefix: str, **options: object) -> Iterator[list[Message]]:
    """What a consumer has in hand that takes two at most, of three that are there."""
    options |= {"global_keyprefix": prefix}
    with Connection(url, transport=Transport, transport_options=options) as connection:
        queue, taken = Queue("hand", durable=False), list[Message]()
        channel: Any = connection.default_channel
        queue(channel).declare()
        for number in range(FROM):
            connection.Producer(channel).publish(number, routing_key="hand")
        channel.basic_qos(0, MOST, False)  # noqa: FBT003 # kombu's signature
        with connection.Consumer(
            queue, channel=channel, on_message=taken.append, auto_declare=False
        ):
            drain(connection)
            assert len(taken) == MOST
            yield taken
            taken[0].ack()
            drain(connection)
            assert len(taken) == FROM


def drain(connection: Connection) -> None:
    """Take what may be taken."""
    try:
        while True:
            connection.drain_events(timeout=1)
    except TimeoutError:
        pass


def keys(url: str, prefix: str) -> set[str]:
    """What stands in Redis."""
    with closing(Redis.from_url(url, decode_responses=True)) as client:
        return {key.removeprefix(prefix) for key in client.scan_iter(f"{prefix}*")}


@pytest.mark.parametrize(
    ("options", "books"),
    [({}, set()), ({"ack_emulation": True}, {"unacked", "unacked_index"})],
    ids=["ours", "kombu's"],
)
def test_only_the_queue_stands_in_redis(
    redis: str, options: dict[str, object], books: set[str]
) -> None:
    prefix = f"hand-{uuid4().hex}:"
    with consuming(redis, prefix, **options):
        assert keys(redis, prefix) - {"_kombu.binding.hand"} == {"hand"} | books


def test_what_a_consumer_had_in_hand_is_not_given_back(redis: str) -> None:
    prefix = f"hand-{uuid4().hex}:"
    with consuming(redis, prefix):
        pass

    assert keys(redis, prefix) - {"_kombu.binding.hand"} == set()
