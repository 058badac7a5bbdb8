"""The Redis transport: kombu's own, which says so where it has let its connection go."""

from __future__ import annotations

from typing import Any, Protocol, cast

from kombu.transport import TRANSPORT_ALIASES, redis


class _Pooling(Protocol):
    """What kombu 5.7 has and its published types do not."""

    def _get_pool(self, *, asynchronous: bool) -> Any: ...  # noqa: ANN401 # redis-py's pool


class Channel(redis.Channel):
    """A channel whose use after its connection is a lost connection, as Celery expects it.

    Celery 5.7 collects a connection that broke, while messages are being worked on. Giving them
    back or acknowledging them is then an AttributeError in kombu 5.7, which ends the worker.
    """

    def _get_pool(self, asynchronous: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 # kombu's signature
        if getattr(self.connection, "client", None) is None:
            raise ConnectionError("the connection to the broker was let go")
        return cast("_Pooling", super())._get_pool(asynchronous=asynchronous)  # noqa: SLF001 # ours


class Transport(redis.Transport):
    """What `redis://` stands for."""

    Channel = Channel


def register() -> None:
    """Let `redis://` and `rediss://` stand for this transport in this process."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:{Transport.__name__}"
