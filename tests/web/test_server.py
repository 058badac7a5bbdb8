"""What gunicorn itself refuses, and how long it waits for whom."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.web.gunicorn import PATIENCE, running_web

THREADS = 2
READ_TIMEOUT = 1
HALVES = [
    pytest.param(b"G", id="a byte of the request line"),
    pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", id="headers"),
    pytest.param(
        b"POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n", id="body"
    ),
    pytest.param(
        b"POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
        id="a chunk",
    ),
]


@pytest.fixture(scope="module")
def port(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a web process that gives a request a second to arrive."""
    with served(database_url, tmp_path_factory.mktemp("web") / "log", READ_TIMEOUT) as port:
        yield port


@pytest.fixture(scope="module")
def patient_port(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of one that gives it far longer than a test takes."""
    with served(database_url, tmp_path_factory.mktemp("web") / "log", 600) as port:
        yield port


@contextlib.contextmanager
def served(database_url: str, log: Path, read_timeout: int) -> Iterator[int]:
    """The port of a web process of two threads."""
    settings = {
        "WEB_CONCURRENCY": "1",
        "WEB_THREADS": str(THREADS),
        "WEB_READ_TIMEOUT": str(read_timeout),
    }
    with running_web(database_url, log, **settings) as web:
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


@pytest.mark.parametrize("head", HALVES)
def test_clients_that_drip_do_not_keep_others_out(port: int, head: bytes) -> None:
    slow = [Dripping(port, head) for _ in range(THREADS * 2)]
    try:
        answer = requests.get(f"http://127.0.0.1:{port}/health/live", timeout=PATIENCE)
    finally:
        for client in slow:
            client.close()

    assert answer.status_code == 200


@pytest.mark.parametrize("head", HALVES)
def test_half_a_request_costs_no_thread(patient_port: int, head: bytes) -> None:
    slow = [Dripping(patient_port, head) for _ in range(40)]
    try:
        answer = requests.get(f"http://127.0.0.1:{patient_port}/health/live", timeout=PATIENCE)
        with_a_body = requests.post(
            f"http://127.0.0.1:{patient_port}/webhooks/stripe", b"x" * 200_000, timeout=PATIENCE
        )
    finally:
        for client in slow:
            client.close()

    assert (answer.status_code, with_a_body.status_code) == (200, 404)


def test_clients_that_do_not_hang_up_keep_nobody_out(patient_port: int) -> None:
    goodbye = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            staying = socket.create_connection(("127.0.0.1", patient_port), timeout=PATIENCE)
            stack.enter_context(staying)
            staying.sendall(goodbye)
        answer = requests.get(f"http://127.0.0.1:{patient_port}/health/live", timeout=PATIENCE)

    assert answer.status_code == 200


@pytest.mark.parametrize("pieces", [1, 7, 1000])
def test_a_request_in_pieces_and_one_behind_it_are_both_answered(
    patient_port: int, pieces: int
) -> None:
    chunked = (
        b"POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5;of=note\r\n0\r\n\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n"
    )
    last = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    sent = chunked + last

    with socket.create_connection(("127.0.0.1", patient_port), timeout=PATIENCE) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(sent), pieces):
            client.sendall(sent[at : at + pieces])
        answer = b"".join(iter(lambda: client.recv(65536), b""))

    assert answer.count(b"HTTP/1.1 404") == 1
    assert answer.count(b"HTTP/1.1 200") == 1


def test_who_waits_to_be_told_to_go_on_is_told(patient_port: int) -> None:
    head = b"POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
    head += b"Connection: close\r\nContent-Length: 2\r\n\r\n"

    with socket.create_connection(("127.0.0.1", patient_port), timeout=PATIENCE) as client:
        client.sendall(head)
        told = client.recv(65536)
        client.sendall(b"{}")
        answer = b"".join(iter(lambda: client.recv(65536), b""))

    assert told.startswith(b"HTTP/1.1 100 ")
    assert b"HTTP/1.1 404" in answer


def test_a_connection_may_rest_for_longer_than_a_request_may_take(port: int) -> None:
    with requests.Session() as session:
        first = session.get(f"http://127.0.0.1:{port}/health/live", timeout=PATIENCE)
        time.sleep(READ_TIMEOUT * 1.5)
        second = session.get(f"http://127.0.0.1:{port}/health/live", timeout=PATIENCE)

    assert (first.status_code, second.status_code) == (200, 200)


def test_who_has_asked_for_nothing_does_not_keep_it_from_ending(
    database_url: str, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with contextlib.ExitStack() as clients, served(database_url, log, 600) as port:
        for _ in range(3):
            clients.enter_context(socket.create_connection(("127.0.0.1", port)))
        requests.get(f"http://127.0.0.1:{port}/health/live", timeout=PATIENCE)

    assert "Shutting down: Master" in log.read_text()


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


@pytest.mark.parametrize(("path", "length"), [("/v1/orders", 70_000), ("/webhooks/stripe", 2**21)])
def test_a_connection_that_ends_with_a_refusal_says_so(port: int, path: str, length: int) -> None:
    with requests.Session() as session:
        for _ in range(20):
            answer = session.post(f"http://127.0.0.1:{port}{path}", data=b"9" * length, timeout=60)
            assert answer.headers["Connection"] == "close"
