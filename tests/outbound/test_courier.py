"""The courier against servers and name servers that mean harm."""

import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from pathlib import Path
from time import monotonic, sleep

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from shared.outbound.addresses import AddressRules
from shared.outbound.courier import HttpCourier
from shared.providers.http import CallLimits
from tests.contract.wire import Script, reply, serving
from tests.outbound.post_office import LOCAL, Receiver

QUICK = CallLimits(connect_timeout=5, read_timeout=0.5, total_deadline=10)
UNHURRIED = CallLimits(connect_timeout=10, read_timeout=10, total_deadline=10)
PATIENCE = 15.0
NAME = "hooks.example"


def courier(rules: AddressRules = LOCAL, limits: CallLimits = UNHURRIED) -> HttpCourier:
    return HttpCourier(rules, limits)


def resolving_to(*addresses: str) -> AddressRules:
    """The tests' rules, under a name server of our own."""
    return replace(LOCAL, resolver=lambda _host, _port: addresses)


def test_a_name_that_turns_inward_after_it_was_registered_is_not_sent_to() -> None:
    answers = chain([["93.184.216.34"]], repeat(["127.0.0.1"]))
    rebinding = replace(LOCAL, allowed=(), resolver=lambda _host, _port: next(answers))

    with Receiver() as inner:
        url = inner.url.replace("127.0.0.1", NAME)
        rebinding.check(url)
        answer = courier(rebinding).post(url, {}, b"{}")

    assert inner.deliveries == []
    assert answer.status_code is None
    assert answer.error == f"not sent: {NAME} leads to an address that is loopback"


def test_a_name_is_asked_once_and_what_was_checked_is_connected_to() -> None:
    asked: list[str] = []

    def turning(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.255.255.1"]

    with Receiver() as receiver:
        url = receiver.url.replace("127.0.0.1", NAME)
        answer = courier(replace(LOCAL, resolver=turning)).post(url, {}, b"{}")

    assert asked == [NAME]
    assert answer.status_code == 200
    assert receiver.deliveries[0].headers["Host"] == url.split("/")[2]


def test_an_address_that_refuses_connections_leaves_the_next_one() -> None:
    with Receiver() as receiver:
        url = receiver.url.replace("127.0.0.1", NAME)
        answer = courier(resolving_to("127.0.0.2", "127.0.0.1")).post(url, {}, b"{}")

    assert answer.status_code == 200
    assert len(receiver.deliveries) == 1


def test_the_certificate_must_be_the_names_though_the_address_is_connected_to(
    tmp_path: Path,
) -> None:
    with tls_server(tmp_path, NAME) as (port, trust):
        rules = resolving_to("127.0.0.1")
        right = HttpCourier(rules, UNHURRIED, trust).post(f"https://{NAME}:{port}/", {}, b"{}")
        wrong = HttpCourier(rules, UNHURRIED, trust).post(f"https://x.example:{port}/", {}, b"{}")
        distrusting = courier(rules).post(f"https://{NAME}:{port}/", {}, b"{}")

    assert right.status_code == 200
    assert wrong.status_code is None
    assert "ostname mismatch" in str(wrong.error)
    assert "certificate verify failed" in str(distrusting.error)


def drip(connection: socket.socket) -> None:
    for _ in range(1000):
        connection.sendall(b"H")
        sleep(0.05)


def silence(connection: socket.socket) -> None:
    connection.recv(1)


@pytest.mark.parametrize("script", [drip, silence])
def test_an_endpoint_that_hangs_is_let_go_in_time(script: Script) -> None:
    started = monotonic()

    with serving(script) as (url, _):
        answer = courier(limits=QUICK).post(url, {}, b"{}")

    assert answer.status_code is None
    assert "ReadTimeout" in str(answer.error)
    assert monotonic() - started < PATIENCE


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n")


def endless_header(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        connection.sendall(b"x" * 65536)


def test_a_body_without_end_is_not_read() -> None:
    with serving(endless) as (url, _):
        answer = courier().post(url, {}, b"{}")

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(endless_header, id="a header without end"),
        pytest.param(lambda c: c.sendall(b"nonsense\r\n\r\n"), id="no HTTP"),
        pytest.param(lambda _: None, id="closed without a word"),
    ],
)
def test_nonsense_is_a_failed_try(script: Script) -> None:
    with serving(script) as (url, _):
        answer = courier().post(url, {}, b"{}")

    assert answer.status_code is None
    assert answer.error


def test_nobody_there_is_a_failed_try() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    answer = courier().post(f"http://127.0.0.1:{port}/", {}, b"{}")

    assert answer.status_code is None
    assert "NewConnectionError" in str(answer.error)


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("120", 120, 120),
        (
            (datetime.now(UTC) + timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S GMT"),
            3000,
            3600,
        ),
        ("999999999999", 86400, 86400),
    ],
    ids=["seconds", "a date", "more than is sane"],
)
def test_retry_after_is_seconds_or_a_date(header: str, least: int, most: int) -> None:
    with serving(lambda c: c.sendall(reply(b"", "503 Busy", f"Retry-After: {header}"))) as (url, _):
        answer = courier().post(url, {}, b"{}")

    assert answer.retry_after is not None
    assert least <= answer.retry_after.total_seconds() <= most


@pytest.mark.parametrize("header", ["soon", "-5", "", "Tue, 99 Foo 2026"])
def test_a_retry_after_that_says_nothing_is_ignored(header: str) -> None:
    with serving(lambda c: c.sendall(reply(b"", "503 Busy", f"Retry-After: {header}"))) as (url, _):
        answer = courier().post(url, {}, b"{}")

    assert answer.status_code == 503
    assert answer.retry_after is None


@contextmanager
def tls_server(folder: Path, name: str) -> Iterator[tuple[int, ssl.SSLContext]]:
    """A server whose certificate is for that name; its port, with who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, SHA256())
    )
    pem = folder / "server.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(secret + certificate.public_bytes(Encoding.PEM))
    serving_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving_context.load_cert_chain(pem)
    receiver = Receiver()
    receiver.secure(serving_context)
    with receiver:
        yield int(receiver.url.split(":")[2].split("/")[0]), ssl.create_default_context(cafile=pem)
