"""A fresh merchant for every test."""

from collections.abc import Iterator

import pytest

from tests.sandbox.paypal.shop import Shop, open_shop


@pytest.fixture
def shop(sandbox_url: str) -> Iterator[Shop]:
    opened = open_shop(sandbox_url)
    with opened.control:
        yield opened


@pytest.fixture
def other_shop(sandbox_url: str) -> Iterator[Shop]:
    opened = open_shop(sandbox_url)
    with opened.control:
        yield opened
