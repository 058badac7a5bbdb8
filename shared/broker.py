"""The broker's connections: Celery's own, made to outlive a broker that goes and comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol, Self, cast

import kombu
from celery.app import amqp
from kombu.transport import TRANSPORT_ALIASES, redis

from shared.liveness import touch

_RETRIES: Final = {"interval_start": 1, "interval_step": 1, "interval_max": 2}
"""Seconds. Celery's workers and beat wait for 2, 4 and up to 30, and offer no setting."""


class _Pooling(Protocol):
    """What kombu 5.7 has and its published types do not."""

    def _get_pool(self, *, asynchronous: bool) -> Any: ...  # noqa: ANN401 # redis-py's pool

    def _create_client(self, *, asynchronous: bool) -> Any: ...  # noqa: ANN401 # redis-py's client


class Channel(redis.Channel):
    """A channel whose use after its connection is a lost connection, as Celery expects it.

    Celery 5.7 collects a connection that broke, while messages are being worked on. Giving them
    back or acknowledging them is then an AttributeError in kombu 5.7, which ends the worker.

    Kombu makes a client per command, a fifth of what a message costs a worker. Here there is one
    per pool, unless the transport's options say `one_client=False` (docs/adr/0023).

    What a worker has in hand is written down nowhere but in its memory, and nobody gives it back:
    the row is told again (docs/adr/0024). `ack_emulation=True` has kombu keep book of it.
    """

    from_transport_options = (*redis.Channel.from_transport_options, "one_client")
    one_client = True
    ack_emulation = False
    do_restore = False
    _client: Any = None

    def _get_pool(self, asynchronous: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 # kombu's signature
        if getattr(self.connection, "client", None) is None:
            raise ConnectionError("the connection to the broker was let go")
        return cast("_Pooling", super())._get_pool(asynchronous=asynchronous)  # noqa: SLF001 # ours

    def _create_client(self, asynchronous: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 # kombu's signature
        make = cast("_Pooling", super())._create_client  # noqa: SLF001 # ours
        if asynchronous or not self.one_client:
            return make(asynchronous=asynchronous)
        if self._client is None or self._client.connection_pool is not self.pool:
            self._client = make(asynchronous=False)
        return self._client


class Transport(redis.Transport):
    """What `redis://` stands for."""

    Channel = Channel


def register() -> None:
    """Let `redis://` and `rediss://` stand for this transport in this process."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:{Transport.__name__}"


class Connection(kombu.Connection):
    """To a broker that may be away: asked again soon. Who waits for it lives."""

    def ensure_connection(  # type: ignore[override] # as Celery calls it
        self,
        errback: Callable[[Exception, float], None] | None = None,
        max_retries: int | None = None,
        **options: Any,  # noqa: ANN401 # kombu's own
    ) -> Self:
        """As kombu's, with shorter waits where none are named."""

        def told(error: Exception, interval: float) -> None:
            touch()
            if errback:
                errback(error, interval)

        super().ensure_connection(told, cast("int", max_retries), **(_RETRIES | options))
        return self


class AMQP(amqp.AMQP):
    """Celery's way to the broker, by these connections."""

    Connection = Connection
