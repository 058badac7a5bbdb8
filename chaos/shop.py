"""The shop that outbound events go to: it keeps what it was sent."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from local.ports import LOOPBACK


class Shop:
    """An endpoint that says yes, for the block."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.secret = ""
        """What its events are signed under."""
        self._server = ThreadingHTTPServer((LOOPBACK, 0), _handler_of(self.received))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler_of(received: list[bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Keep it, headers too."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(self.headers.as_bytes() + body)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
