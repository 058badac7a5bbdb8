"""The HTTP that both adapters call through, which bounds every call in time and size.

`requests` knows a timeout per socket operation only: a server that sends one byte a second keeps a
caller for ever. Here the clock runs over the whole answer, its status line and headers included.
"""

from __future__ import annotations

import io
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import HTTPResponse
from http.cookiejar import DefaultCookiePolicy
from socket import socket
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as LostConnection
from requests.exceptions import ConnectTimeout, ContentDecodingError, ReadTimeout
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NewConnectionError,
    ReadTimeoutError,
)
from urllib3.util import Timeout

from shared.crash_points import CrashPoint, reached

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LARGEST_ANSWER: Final = 4 * 1024 * 1024
"""Bytes on the wire, headers included; a page of a hundred PaymentIntents has about 600 kB."""

MOST_KEPT: Final = 1024
"""Idle connections a host: as many as a process may have threads, else who comes after the last to
be kept makes a connection anew, TLS and all."""


class NotConnected(ConnectTimeout):
    """No connection came about (name, TCP or TLS): provably nothing was sent."""


@dataclass(frozen=True, slots=True)
class CallLimits:
    """How long a call may take, in seconds.

    `connect_timeout` bounds one try of one address, TLS included; `read_timeout` the whole answer,
    however slowly it drips; `total_deadline` all that begins before the answer is complete. Only
    the resolver and a host of many dead addresses can pass it, before anything is sent.
    """

    connect_timeout: float = 3.0
    read_timeout: float = 20.0
    total_deadline: float = 25.0


_ends_at: ContextVar[float] = ContextVar("ends_at", default=float("inf"))


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Let all calls of this thread within the block end `seconds` from now, retries included.

    A call that would begin later raises NotConnected.
    """
    token = _ends_at.set(min(_ends_at.get(), monotonic() + seconds))
    try:
        yield
    finally:
        _ends_at.reset(token)


class BoundedSession(Session):
    """A session of any number of threads that bounds calls, and follows nobody.

    No redirects, no proxies or `.netrc` from the environment, no cookies, no compressed answers.
    Raises NotConnected, ReadTimeout for a late answer, or another of `requests.exceptions`: after
    those the request may have been carried out.
    """

    def __init__(self, limits: CallLimits) -> None:
        super().__init__()
        self.trust_env = False
        self.headers["Accept-Encoding"] = "identity"
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        adapter = _BoundedAdapter(limits)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def get_redirect_target(self, resp: Response) -> None:
        """Nowhere: a redirected POST would become a GET, and its answer pass for the POST's."""
        del resp


class _BoundedAdapter(HTTPAdapter):
    def __init__(self, limits: CallLimits) -> None:
        super().__init__(pool_maxsize=MOST_KEPT)
        self.poolmanager.pool_classes_by_scheme = BOUNDED_POOLS
        self._limits = limits

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 the signature is the base's
        """Send within the limits, whatever the caller's `timeout` says, and read the answer."""
        kwargs["timeout"] = time_left(self._limits)
        try:
            response = super().send(request, *args, **kwargs)
            if "Content-Encoding" in response.headers:
                response.close()
                raise ContentDecodingError("a compressed answer, which nobody asked for")
            # Reads it; requests keeps what was read.
            _ = response.content
        except LostConnection as error:
            raise _told_apart(error) from error
        return response


def time_left(limits: CallLimits) -> Timeout:
    """What a call that begins now may take; NotConnected where that is nothing."""
    seconds = min(limits.total_deadline, _ends_at.get() - monotonic())
    if seconds <= 0:
        raise NotConnected("no time was left for this call")
    return Timeout(total=seconds, connect=limits.connect_timeout, read=limits.read_timeout)


def _told_apart(error: LostConnection) -> LostConnection | ReadTimeout:
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return named(reason) if isinstance(reason, HTTPError) else error


def named(error: HTTPError) -> LostConnection | ReadTimeout:
    """What became of a call: only of NotConnected is it sure that nothing was sent."""
    match error:
        case ConnectTimeoutError():
            return NotConnected(str(error))
        case ReadTimeoutError():
            return ReadTimeout(str(error))
        case _:
            return LostConnection(str(error))


class _BoundedStream(io.RawIOBase):
    """A socket's bytes until the deadline or the largest answer, whichever comes first."""

    def __init__(self, raw: io.RawIOBase, sock: socket) -> None:
        self._raw = raw
        self._sock = sock
        # urllib3 has just set what is left of the read timeout and of the total.
        self._deadline = monotonic() + (sock.gettimeout() or 0.0)
        self._bytes_left = LARGEST_ANSWER

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        seconds_left = self._deadline - monotonic()
        if seconds_left <= 0:
            raise TimeoutError("the answer was not complete in time")
        self._sock.settimeout(seconds_left)
        count = self._raw.readinto(buffer)
        self._bytes_left -= count or 0
        if self._bytes_left < 0:
            raise OSError(f"the answer is larger than {LARGEST_ANSWER} bytes")
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedAnswer(HTTPResponse):
    def __init__(self, sock: socket, debuglevel: int = 0, method: str | None = None) -> None:
        reached(CrashPoint.REQUEST_SENT)
        super().__init__(sock, debuglevel, method)
        self.fp = io.BufferedReader(_BoundedStream(self.fp.detach(), sock))


class _Connection(HTTPConnection):
    response_class = _BoundedAnswer

    def connect(self) -> None:
        """Connect; whatever fails here, TLS included, failed before a byte of the request."""
        try:
            super().connect()
        except (OSError, ssl.CertificateError) as error:
            raise NewConnectionError(self, f"no connection: {error}") from error


class _TLSConnection(_Connection, HTTPSConnection):
    pass


class BoundedPool(HTTPConnectionPool):
    """Connections whose answers end in time, whoever calls through them."""

    ConnectionCls = _Connection


class BoundedTLSPool(HTTPSConnectionPool):
    """The same over TLS."""

    ConnectionCls = _TLSConnection


BOUNDED_POOLS: Final = {"http": BoundedPool, "https": BoundedTLSPool}
"""For a PoolManager's `pool_classes_by_scheme`."""
