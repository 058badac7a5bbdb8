"""A webhook receiver that keeps every byte it was sent."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Delivery:
    """One request as it came."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """The parsed body."""
        return dict(json.loads(self.body))


class Listener:
    """An HTTP server on a free port; `status` is what it answers from now on."""

    def __init__(self) -> None:
        self.status = 200
        self.deliveries: list[Delivery] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """Where webhooks go."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/webhooks"

    def answer_to(self, delivery: Delivery) -> tuple[int, Mapping[str, str]]:
        """The status and the headers of the answer."""
        del delivery
        return self.status, {}

    def wait_for(self, event_type: str) -> Delivery:
        """Give the first delivery of a type, waiting for it."""
        return self.wait_until(lambda: [d for d in self.deliveries if _type(d) == event_type])[0]

    def wait_until(
        self, found: Callable[[], list[Delivery]], patience: float = 20.0
    ) -> list[Delivery]:
        """Poll until something is found; AssertionError when it takes too long."""
        deadline = time.monotonic() + patience
        while not (result := found()):
            assert time.monotonic() < deadline, [_type(d) for d in self.deliveries]
            time.sleep(0.01)
        return result

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _type(delivery: Delivery) -> str:
    try:
        return str(delivery.event.get("event_type") or delivery.event["type"])
    except (ValueError, KeyError):
        return "unreadable"


def _handler_for(listener: Listener) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            delivery = Delivery(dict(self.headers.items()), body)
            listener.deliveries.append(delivery)
            status, headers = listener.answer_to(delivery)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    return Handler
