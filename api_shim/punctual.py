"""gunicorn's threaded worker, with an end to its patience and with errors as JSON:API documents.

gunicorn waits for a connection's first byte without spending a thread, and then reads the request
with one, for ever: sixteen clients that send a byte and fall silent would take all of the service.
Here the loop that waits for connections gathers their requests, and threads meet only whole ones.
"""

from __future__ import annotations

import json
from collections import deque
from concurrent.futures import Future
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ
from socket import SHUT_WR, socket
from time import monotonic
from typing import Any, Final
from uuid import uuid4
from weakref import WeakKeyDictionary, WeakSet

import structlog
from gunicorn.http.errors import (
    ExpectationFailed,
    LimitRequestHeaders,
    LimitRequestLine,
    NoMoreData,
    ParseException,
)
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import Unreader
from gunicorn.workers.gthread import TConn, ThreadWorker

from api_shim.arrivals import Arrival
from api_shim.errors import ApiError, document_of
from api_shim.headers import ALWAYS
from api_shim.jsonapi import MEDIA_TYPE
from shared.settings import load_settings

log = structlog.get_logger()

_STATUSES: Final = {
    LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
}


_PIECE: Final = 64 * 1024
_HELD: Final = 64 * 1024 * 1024
"""Bytes of requests that are not whole yet, which a process keeps."""

_LINGER: Final = 2.0
"""Seconds in which a client may take its last answer and close (RFC 9112 §9.6)."""


class _PunctualSocket(socket):
    """A client's socket, on which a thread waits no longer than a request may take to arrive."""

    def setblocking(self, flag: bool, /) -> None:  # noqa: FBT001 the base's own
        """Block, for so long."""
        self.settimeout(load_settings().web_read_timeout if flag else 0.0)


class _Whole(Unreader):
    """Bytes after which no others come: a thread reads no client's socket."""

    def chunk(self, size_hint: int | None = None) -> bytes:
        """End there."""
        del size_hint
        raise NoMoreData


class PunctualWorker(ThreadWorker):
    """gunicorn's gthread, whose threads meet only requests that have come whole, in time."""

    def init_process(self) -> None:
        """Begin without connections."""
        self._arrivals: WeakKeyDictionary[TConn, Arrival] = WeakKeyDictionary()
        self._unreaders: WeakKeyDictionary[TConn, _Whole] = WeakKeyDictionary()
        self._leaving: WeakSet[TConn] = WeakSet()
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """Take what there is to read; give a whole request to a thread, and wait for the others."""
        if self.cfg.is_ssl:  # not how we serve: TLS ends before us
            super().enqueue_req(conn)
        elif conn in self._leaving:
            self._see_off(conn)
        else:
            self._gather(conn, self._arrival(conn))

    def _arrival(self, conn: TConn) -> Arrival:
        if conn.parser is None:
            conn.sock = _PunctualSocket(fileno=conn.sock.detach())
            conn.sock.settimeout(0)
            conn.parser = RequestParser(self.cfg, (), conn.client)
            conn.parser.unreader = self._unreaders[conn] = _Whole()
        if conn not in self._arrivals:
            arrival = Arrival(monotonic() + load_settings().web_read_timeout)
            arrival.take(self._unreaders[conn].take_buffered())
            self._arrivals[conn] = arrival
        return self._arrivals[conn]

    def _gather(self, conn: TConn, arrival: Arrival) -> None:
        if not arrival.is_whole:
            piece = _received(conn.sock)
            if piece == b"" or monotonic() > arrival.deadline or self._is_full(arrival):
                return self._drop(conn)
            arrival.take(piece or b"")
        if not arrival.is_whole:
            if arrival.is_awaited and not _told_to_go_on(conn.sock):
                return self._drop(conn)
            return self._wait(conn, arrival.deadline)
        self._unreaders[conn].unread(bytes(arrival.received))
        conn.data_ready = True
        del self._arrivals[conn]
        return super().enqueue_req(conn)

    def _is_full(self, arrival: Arrival) -> bool:
        is_large = len(arrival.received) > _PIECE
        return is_large and sum(len(a.received) for a in self._arrivals.values()) > _HELD

    def _wait(self, conn: TConn, until: float) -> None:
        conn.timeout = until
        self.pending_conns.append(conn)
        readable = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, EVENT_READ, readable)

    def _drop(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Close whose time has passed, whoever came first."""
        self.pending_conns = deque(sorted(self.pending_conns, key=lambda conn: conn.timeout or 0))
        super().murder_pending()

    def _cap_keepalive(self, deadline: float) -> None:
        """Let go, in a process that ends, of who has asked for nothing yet."""
        super()._cap_keepalive(deadline)  # type: ignore[misc] # not in the stubs yet
        for conn in self.pending_conns:
            if conn in self._arrivals and not self._arrivals[conn].received:
                conn.timeout = min(conn.timeout or deadline, deadline)

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        """Keep the connection, or see it off, which the base does in the loop that serves all."""
        if fs.cancelled() or fs.exception() or fs.result():
            super().finish_request(conn, fs)
            return
        try:
            conn.sock.shutdown(SHUT_WR)
        except OSError:
            self._drop(conn)
            return
        conn.sock.settimeout(0)
        self._leaving.add(conn)
        self._wait(conn, monotonic() + _LINGER)

    def _see_off(self, conn: TConn) -> None:
        if _received(conn.sock) == b"" or monotonic() > (conn.timeout or 0):
            self._drop(conn)
        else:
            self._wait(conn, conn.timeout or 0)

    def handle_error(self, req: Any, client: socket, addr: Any, exc: BaseException) -> None:  # noqa: ANN401 the base's own
        """Answer what never became a request, in the format of all other errors."""
        del req, addr
        if isinstance(exc, ParseException):
            status = _STATUSES.get(type(exc), HTTPStatus.BAD_REQUEST)
            log.info("request.unreadable", reason=type(exc).__name__)
        else:
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            log.error("request.failed", exc_info=exc)
        client.sendall(_answer(status))


def _answer(status: HTTPStatus) -> bytes:
    request_id = uuid4().hex
    document = document_of(ApiError(status, status.description or status.phrase), request_id)
    body = json.dumps(document).encode()
    headers = ALWAYS | {
        "Connection": "close",
        "Content-Type": MEDIA_TYPE,
        "Content-Length": str(len(body)),
        "X-Request-Id": request_id,
    }
    lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join((*lines, "", "")).encode() + body


def _told_to_go_on(client: socket) -> bool:
    try:
        client.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    except OSError:
        return False
    return True


def _received(client: socket) -> bytes | None:
    """What has come; nothing where that is the end, None where it is not here yet."""
    try:
        return client.recv(_PIECE)
    except BlockingIOError:
        return None
    except OSError:
        return b""
