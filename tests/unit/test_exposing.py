"""A worker's counts are served on the first free of ten ports; without one it works on."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests

from local.ports import LOOPBACK, free_port
from shared import metrics
from shared.domain.outcomes import NotSent
from shared.settings import Settings
from tests.unit.test_settings import GOOD
from worker.exposing import PORTS, expose


def told(port: int) -> Settings:
    values = {name.lower(): value for name, value in GOOD.items()}
    return Settings.model_validate(values | {"worker_metrics_port": port})


@pytest.fixture
def taken() -> Iterator[ExitStack]:
    """Ports that somebody else listens on."""
    with ExitStack() as stack:
        yield stack


def take(taken: ExitStack, port: int) -> None:
    other = taken.enter_context(socket.socket())
    other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    other.bind((LOOPBACK, port))
    other.listen()


def ten_free_ports() -> int:
    """The first of ten that are free at this moment."""
    while True:
        first = free_port()
        try:
            with ExitStack() as stack:
                for port in range(first, first + PORTS):
                    take(stack, port)
        except (OSError, OverflowError):
            continue
        return first


def test_the_next_free_port_is_taken(taken: ExitStack) -> None:
    first = ten_free_ports()
    take(taken, first)

    server = expose(told(first))

    assert server is not None
    try:
        metrics.CLAIMS_LOST.labels("charge").inc()
        text = requests.get(f"http://{LOOPBACK}:{server.server_port}/metrics", timeout=20).text
    finally:
        server.shutdown()
        server.server_close()
    assert server.server_port == first + 1
    assert 'chargehand_claims_lost_total{of="charge"}' in text


def test_where_no_port_is_free_nothing_is_served_or_raised(taken: ExitStack) -> None:
    first = ten_free_ports()
    for port in range(first, first + PORTS):
        take(taken, port)

    assert expose(told(first)) is None


def test_without_a_port_nothing_is_served() -> None:
    assert expose(told(0)) is None


def test_an_answer_is_named_by_its_class() -> None:
    assert metrics.answer_of(NotSent("busy")) == "not_sent"
