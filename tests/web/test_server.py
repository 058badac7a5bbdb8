"""What gunicorn itself refuses, and how long it waits for whom."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import requests

from tests.web.gunicorn import PATIENCE, running_web

THREADS = 2
READ_TIMEOUT = 1


@pytest.fixture(scope="module")
def port(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[int]:
    """The port of a web process of two threads that gives a request a second to arrive."""
    settings = {
        "WEB_CONCURRENCY": "1",
        "WEB_THREADS": str(THREADS),
        "WEB_READ_TIMEOUT": str(READ_TIMEOUT),
    }
    log = tmp_path_factory.mktemp("web") / "log"
    with running_web(new_database(), log, **settings) as web:
        yield web.port


def exchange(port: int, request: bytes) -> tuple[int, str, bytes]:
    """Send bytes as they are; status, content type and body of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(lines[0].split(" ")[1]), headers["content-type"], body


class Dripping:
    """A client that sends the head at once, then a byte every tenth of a second."""

    def __init__(self, port: int, head: bytes) -> None:
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.connection.sendall(head)
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._drip)
        self.thread.start()

    def _drip(self) -> None:
        while not self.ended.wait(0.1):
            try:
                self.connection.sendall(b"x")
            except OSError:
                return

    def close(self) -> None:
        self.ended.set()
        self.thread.join()
        self.connection.close()


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"G", id="a byte of the request line"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", id="headers"),
        pytest.param(
            b"POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n", id="body"
        ),
        pytest.param(
            b"POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"ffff\r\n",
            id="a chunk",
        ),
    ],
)
def test_clients_that_drip_do_not_keep_others_out(port: int, head: bytes) -> None:
    slow = [Dripping(port, head) for _ in range(THREADS * 2)]
    try:
        answer = requests.get(f"http://127.0.0.1:{port}/health/live", timeout=PATIENCE)
    finally:
        for client in slow:
            client.close()

    assert answer.status_code == 200


def test_a_connection_may_rest_for_longer_than_a_request_may_take(port: int) -> None:
    with requests.Session() as session:
        first = session.get(f"http://127.0.0.1:{port}/health/live", timeout=PATIENCE)
        time.sleep(READ_TIMEOUT * 1.5)
        second = session.get(f"http://127.0.0.1:{port}/health/live", timeout=PATIENCE)

    assert (first.status_code, second.status_code) == (200, 200)


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nX-Large: " + b"x" * 9000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X-Many: x\r\n" * 65 + b"\r\n", 431),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: unheard-of\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (
            b"POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n",
            400,
        ),
        (
            b"POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"Content-Length: 2000000\r\n\r\n",
            413,
        ),
        (
            b"POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n16e360\r\n" + b"x" * 1_500_000 + b"\r\n0\r\n\r\n",
            413,
        ),
    ],
    ids=lambda value: value[:24].decode() if isinstance(value, bytes) else "",
)
def test_what_is_no_request_is_refused_as_a_document(
    port: int, request_bytes: bytes, status: int
) -> None:
    answered, content_type, body = exchange(port, request_bytes)

    assert answered == status
    assert content_type == "application/vnd.api+json"
    assert json.loads(body)["errors"][0]["status"] == str(status)
