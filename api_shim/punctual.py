"""gunicorn's threaded worker, with an end to its patience and with errors as JSON:API documents.

gunicorn waits for a connection's first byte without spending a thread, and then reads the request
with one, for ever: sixteen clients that send a byte and fall silent would take all of the service.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from socket import socket
from time import monotonic
from typing import Any, Final
from uuid import uuid4

import structlog
from gunicorn.http.errors import (
    ExpectationFailed,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)
from gunicorn.workers.gthread import TConn, ThreadWorker

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


class _PunctualSocket(socket):
    """A client's socket: who is late is gone, as if the connection had been closed."""

    is_late = False
    deadline = float("inf")

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Bytes that came in time; none ever again once the deadline has passed."""
        seconds_left = self.deadline - monotonic()
        if self.is_late or seconds_left <= 0:
            self.is_late = True
            return b""
        shorter = self.gettimeout()
        self.settimeout(seconds_left if shorter is None else min(shorter, seconds_left))
        try:
            return super().recv(bufsize, flags)
        except TimeoutError:
            self.is_late = monotonic() >= self.deadline
            if self.is_late:
                return b""
            raise


class PunctualWorker(ThreadWorker):
    """gunicorn's gthread, which gives each request so long to arrive."""

    def handle(self, conn: TConn) -> Any:  # noqa: ANN401 the base's own
        """Read, answer."""
        if not isinstance(conn.sock, _PunctualSocket):
            conn.sock = _PunctualSocket(fileno=conn.sock.detach())
        conn.sock.deadline = monotonic() + load_settings().web_read_timeout
        return super().handle(conn)

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
