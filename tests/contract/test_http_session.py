"""What both ways to a provider, PayPal's session and Stripe's transport, do with bad servers."""

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from time import monotonic, sleep
from typing import Any, cast

import pytest
import requests
from stripe import APIConnectionError

from shared.providers.http import (
    LARGEST_ANSWER,
    BoundedSession,
    CallLimits,
    NotConnected,
    time_limit,
)
from shared.providers.stripe.transport import Transport
from tests.contract.wire import Script, reply, serving

LIMITS = CallLimits(connect_timeout=5, read_timeout=0.3, total_deadline=30)
PATIENCE = 20.0
"""Far beyond the limits, far below the endless answers."""


@dataclass
class Answer:
    """What of an answer is looked at."""

    status_code: int
    text: str


class StripesWay:
    """Calls as the session does, through what carries Stripe's SDK; raises its errors' causes."""

    def __init__(self, limits: CallLimits) -> None:
        self._transport = Transport(limits)

    def post(self, url: str) -> Answer:
        """Send nothing."""
        return self._send("post", url)

    def get(self, url: str) -> Answer:
        """Read."""
        return self._send("get", url)

    def _send(self, method: str, url: str) -> Answer:
        try:
            text, status, _ = self._transport.request(method, url, {})
        except APIConnectionError as error:
            raise cast("Exception", error.__cause__) from None
        return Answer(status, text)


Way = Callable[[CallLimits], Any]


@pytest.fixture(params=[BoundedSession, StripesWay])
def way(request: pytest.FixtureRequest) -> Way:
    """How a provider is called."""
    return cast("Way", request.param)


def drip(head: bytes, piece: bytes) -> Script:
    """Send the head, then piece after piece, each well within the read timeout."""

    def script(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(1000):
            connection.sendall(piece)
            sleep(0.05)

    return script


def silence(connection: socket.socket) -> None:
    connection.recv(1)


def say(answer: bytes) -> Script:
    return lambda connection: connection.sendall(answer)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(silence, id="not a byte"),
        pytest.param(drip(b"", b"H"), id="the status line drips"),
        pytest.param(drip(b"HTTP/1.1 200 OK\r\nX-Pad: ", b"x"), id="a header drips"),
        pytest.param(drip(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", b"x"), id="the body"),
        pytest.param(
            drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
            id="a chunk after the other",
        ),
    ],
)
def test_an_answer_that_drips_is_a_read_timeout(way: Way, script: Script) -> None:
    started = monotonic()

    with serving(script) as (url, _), pytest.raises(requests.exceptions.ReadTimeout):
        way(LIMITS).post(url)

    assert monotonic() - started < PATIENCE


def test_the_total_deadline_cuts_the_read_timeout_short(way: Way) -> None:
    limits = CallLimits(connect_timeout=5, read_timeout=60, total_deadline=0.3)
    started = monotonic()

    with serving(silence) as (url, _), pytest.raises(requests.exceptions.ReadTimeout):
        way(limits).post(url)

    assert monotonic() - started < PATIENCE


def test_silence_after_a_late_byte_does_not_begin_the_time_anew(way: Way) -> None:
    limits = CallLimits(connect_timeout=5, read_timeout=2, total_deadline=60)
    started = monotonic()

    def late_then_silent(connection: socket.socket) -> None:
        sleep(1.6)
        connection.sendall(b"H")
        silence(connection)

    with serving(late_then_silent) as (url, _), pytest.raises(requests.exceptions.ReadTimeout):
        way(limits).post(url)

    assert monotonic() - started < 3.3


def test_calls_of_one_operation_share_its_time(way: Way) -> None:
    limits = CallLimits(connect_timeout=5, read_timeout=60, total_deadline=60)
    started = monotonic()

    with serving(silence) as (url, seen), time_limit(0.3):
        with pytest.raises(requests.exceptions.ReadTimeout):
            way(limits).post(url)
        with pytest.raises(NotConnected):
            way(limits).post(url)

    assert monotonic() - started < PATIENCE
    assert len(seen) == 1


def test_every_call_on_a_kept_connection_has_its_own_time(way: Way) -> None:
    def answer_twice_slowly(connection: socket.socket) -> None:
        for _ in range(2):
            sleep(0.6)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            connection.recv(65536)

    limits = CallLimits(connect_timeout=5, read_timeout=1.1, total_deadline=30)

    with serving(answer_twice_slowly) as (url, connections):
        session = way(limits)
        answers = [session.post(url).text for _ in range(2)]

    assert answers == ["ok", "ok"]
    assert len(connections) == 1


def test_an_endless_body_is_cut_off(way: Way) -> None:
    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(2 * LARGEST_ANSWER // 65536):
            connection.sendall(b"x" * 65536)

    session = way(CallLimits())

    with serving(flood) as (url, _), pytest.raises(requests.RequestException, match="larger than"):
        session.post(url)


def test_a_redirect_is_an_answer_like_any_other(way: Way) -> None:
    script = say(reply(b"elsewhere", "302 Found", "Location: /elsewhere"))

    with serving(script) as (url, requests_seen):
        answer = way(LIMITS).post(url)

    assert (answer.status_code, len(requests_seen)) == (302, 1)


def test_a_compressed_answer_is_refused(way: Way) -> None:
    script = say(reply(b"\x1f\x8b", "200 OK", "Content-Encoding: gzip"))

    with serving(script) as (url, seen), pytest.raises(requests.exceptions.ContentDecodingError):
        way(LIMITS).post(url)

    assert b"Accept-Encoding: identity" in seen[0]


def test_a_cookie_is_not_kept(way: Way) -> None:
    with serving(say(reply(b"ok", "200 OK", "Set-Cookie: a=b"))) as (url, requests_seen):
        session = way(LIMITS)
        session.get(url)
        session.get(url)

    assert b"Cookie" not in requests_seen[1]


def test_a_proxy_of_the_environment_is_not_asked(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    with serving(say(reply(b"ok"))) as (url, _):
        answer = way(LIMITS).get(url)

    assert answer.text == "ok"


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(closed_port, id="connection refused"),
        pytest.param(lambda: "http://unknown.invalid", id="unknown name"),
        pytest.param(lambda: closed_port().replace("http", "https"), id="refused before TLS"),
    ],
)
def test_what_never_connected_is_told_apart(way: Way, url: Callable[[], str]) -> None:
    session = way(LIMITS)

    with pytest.raises(NotConnected):
        session.post(url())


def test_a_failed_tls_handshake_never_connected(way: Way) -> None:
    limits = CallLimits(connect_timeout=0.5)

    with serving(silence) as (url, _), pytest.raises(NotConnected):
        way(limits).post(url.replace("http", "https"))


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="closed before the answer"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\ncut", id="truncated"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", id="chunk cut"
        ),
        pytest.param(b"\x00\x01\x02\r\n\r\n", id="no HTTP"),
    ],
)
def test_what_broke_after_the_request_is_no_failure_to_connect(way: Way, answer: bytes) -> None:
    with serving(say(answer)) as (url, _), pytest.raises(requests.RequestException) as caught:
        way(LIMITS).post(url)

    assert not isinstance(caught.value, NotConnected)


def test_threads_share_a_session_without_mixing_answers(way: Way) -> None:
    lock, numbers = threading.Lock(), count()

    def echo(connection: socket.socket) -> None:
        with lock:
            number = next(numbers)
        connection.sendall(reply(str(number).encode()))

    with serving(echo) as (url, _), ThreadPoolExecutor(16) as threads:
        session = way(CallLimits())
        answers = list(threads.map(lambda _: session.post(url).text, range(64)))

    assert sorted(map(int, answers)) == list(range(64))
