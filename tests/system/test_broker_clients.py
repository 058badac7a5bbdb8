"""One Redis client per pool: shared by threads, gone with it, and still not kombu's own way."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from kombu import Connection, Queue

from shared import broker

MESSAGES = 40
MADE: Counter[str] = Counter()


class Counting(broker.Channel):
    """Counts the clients that are made."""

    def _get_client(self) -> Callable[..., Any]:
        make = cast("Any", super())._get_client()  # noqa: SLF001 # ours

        def counted(**given: Any) -> Any:
            MADE["clients"] += 1
            return make(**given)

        return counted


class CountingTransport(broker.Transport):
    """With such channels."""

    Channel = Counting


def connect(url: str, **options: object) -> Connection:
    """A connection whose clients are counted from now on."""
    MADE.clear()
    options |= {"global_keyprefix": "clients:"}
    return Connection(url, transport=CountingTransport, transport_options=options)


def send(connection: Connection, queue: str) -> None:
    """Send all messages, over one channel."""
    with connection.SimpleQueue(queue) as box:
        box.clear()
        for number in range(MESSAGES):
            box.put(number)


def test_commands_share_a_client(redis: str) -> None:
    with connect(redis) as connection:
        send(connection, "shared")

    assert MADE["clients"] <= 2


def test_kombu_by_itself_still_makes_one_for_each(redis: str) -> None:
    with connect(redis, one_client=False) as connection:
        send(connection, "apart")

    assert MADE["clients"] > MESSAGES, "kombu does it now: shared/broker.py need not"


@pytest.mark.parametrize("one_client", [True, False])
def test_threads_that_share_it_lose_and_double_nothing(redis: str, *, one_client: bool) -> None:
    with connect(redis, one_client=one_client) as connection:
        queue = Queue("threads", durable=False)
        channel = connection.default_channel
        queue(channel).declare()
        producer = connection.Producer(channel)
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda n: producer.publish(n, routing_key="threads"), range(200)))
        taken = [message.payload for message in iter(lambda: queue(channel).get(no_ack=True), None)]

    assert sorted(taken) == list(range(200))


def test_a_channel_that_was_let_go_says_so_and_uses_no_client_of_before(redis: str) -> None:
    with connect(redis) as connection:
        send(connection, "gone")
        channel: Any = connection.default_channel

        channel.close()

        with pytest.raises(ConnectionError, match="let go"), channel.conn_or_acquire() as client:
            client.ping()
