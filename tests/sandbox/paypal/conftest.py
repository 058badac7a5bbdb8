"""A fresh merchant for every test; a listener for webhooks."""

from collections.abc import Iterator

import pytest

from tests.sandbox.paypal.listener import Listener
from tests.sandbox.paypal.shop import Shop, open_shop


@pytest.fixture
def shop(sandbox_url: str) -> Iterator[Shop]:
    opened = open_shop(sandbox_url)
    with opened.control:
        yield opened


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as opened:
        yield opened


@pytest.fixture
def other_shop(sandbox_url: str) -> Iterator[Shop]:
    opened = open_shop(sandbox_url)
    with opened.control:
        yield opened
