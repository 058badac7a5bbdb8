"""Dispatch: telling the workers which rows are due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import Final, Protocol, cast

from celery import Celery
from kombu import Connection, Producer
from kombu.exceptions import KombuError as BrokerError  # its batches raise one of their own

from shared.container import Container
from shared.crash_points import CrashPoint, reached
from shared.db import unit_of_work
from shared.repository import dispatch
from shared.task_names import QUEUES, subject_of

_ON_REDIS: Final = {"retry_on_timeout": False, "socket_timeout": 2, "socket_connect_timeout": 1}
"""Kombu's batches refuse transports that may write twice by themselves."""

_ON_RABBITMQ: Final = {"confirm_publish": True, "read_timeout": 5, "write_timeout": 5}
"""A message is out once RabbitMQ has it; who waits for one that hangs waits for five seconds."""


class _Batching(Protocol):
    """What kombu 5.7 has and its published types do not yet."""

    def batch(self) -> AbstractContextManager[object]: ...


class _Declared(Protocol):
    queue: str
    message_count: int


class Outlet(Protocol):
    """Where messages go out."""

    def publish(self, due: list[dispatch.Due]) -> None:
        """Send one message per row."""
        ...

    def backlog(self) -> dict[str, int]:
        """How many messages wait in each queue."""
        ...


class Publisher:
    """A connection to the broker that publishes in batches."""

    def __init__(self, app: Celery, connection: Connection) -> None:
        self._app = app
        self._producer: Producer = app.amqp.Producer(connection, auto_declare=False)
        self._queues = [queue.bind(connection) for queue in app.amqp.queues.values()]

    def publish(self, due: list[dispatch.Due]) -> None:
        """Send one message per (task, row id): the id and nothing else.

        What Flower shows, and finds it by, is that id under the name of the thing.
        """
        with cast("_Batching", self._producer).batch():
            for task, row_id, queue in due:
                self._app.send_task(
                    task,
                    args=(row_id,),
                    kwargsrepr=f"{{{subject_of(task)!r}: {row_id}}}",
                    queue=queue,
                    producer=self._producer,
                    retry=False,
                )

    def backlog(self) -> dict[str, int]:
        """How many messages wait in each queue.

        Declares the queues, so that a broker that lost them has them.
        """
        declared = [cast("_Declared", queue.queue_declare()) for queue in self._queues]
        return {one.queue: one.message_count for one in declared}


def broker_errors(app: Celery) -> tuple[type[BaseException], ...]:
    """What is raised where the broker is away or the connection broke."""
    connection = app.connection_for_write()
    connected = connection.recoverable_connection_errors
    return (BrokerError, *connected, *connection.recoverable_channel_errors)


@contextmanager
def open_publisher(app: Celery) -> Iterator[Publisher]:
    """A publisher over a connection of its own; one of `broker_errors` where there is none."""
    with app.connection_for_write() as connection:
        own = _ON_REDIS if connection.transport_cls == "redis" else _ON_RABBITMQ
        connection.transport_options = {**(connection.transport_options or {}), **own}
        yield Publisher(app, connection)


def publish_due(
    deps: Container,
    app: Celery,
    publisher: Outlet,
    before: datetime,
    room: Mapping[str, int] | None = None,
) -> list[dispatch.Due]:
    """Publish a message for each row due before that instant, and say which.

    `room` is what each queue may still take; without it, a batch of each. The rows are put
    off in a transaction of their own before anything is published, so that a message that gets
    lost is published again. Where the broker fails they are due again at once.
    """
    again = deps.clock() + timedelta(seconds=deps.settings.republish_after)
    batch = deps.settings.relay_batch
    free = dict.fromkeys(QUEUES, batch) | dict(room or {})
    most = {queue: min(batch, max(left, 0)) for queue, left in free.items()}
    with unit_of_work(deps.engine) as connection:
        due = dispatch.take_due(connection, now=before, again=again, most=most)
    if not due:
        return []
    reached(CrashPoint.ROWS_TAKEN)
    try:
        publisher.publish(due)
    except broker_errors(app):
        reached(CrashPoint.ROWS_REFUSED)
        with unit_of_work(deps.engine) as connection:
            dispatch.give_back(connection, due, again=again, now=deps.clock())
        raise
    reached(CrashPoint.ROWS_PUBLISHED)
    return due
