"""A web server that answers every webhook with 200, then keeps it."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic, sleep

from tests.contract.rig import Delivery


class Mailbox:
    """What came in at `url`, oldest first; for `with`."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        kept = self.deliveries

        class Slot(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kept.append(Delivery(dict(self.headers.items()), body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Slot)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,))
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> "Mailbox":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait_for(self, fits: Callable[[Delivery], bool], patience: float = 30) -> Delivery:
        """The first delivery that fits; TimeoutError where none comes."""
        deadline = monotonic() + patience
        while monotonic() < deadline:
            for delivery in list(self.deliveries):
                if fits(delivery):
                    return delivery
            sleep(0.02)
        raise TimeoutError(f"not among {len(self.deliveries)} deliveries")
