"""A fresh merchant for every test."""

from collections.abc import Iterator

import pytest

from tests.sandbox.stripe.shop import Shop, open_shop


@pytest.fixture
def shop(sandbox_url: str) -> Iterator[Shop]:
    opened = open_shop(sandbox_url)
    yield opened
    opened.close()


@pytest.fixture
def hasty(sandbox_url: str) -> Iterator[Shop]:
    """A merchant whose SDK gives up after a second."""
    opened = open_shop(sandbox_url, timeout=1.0)
    yield opened
    opened.close()


@pytest.fixture
def other_shop(sandbox_url: str) -> Iterator[Shop]:
    opened = open_shop(sandbox_url)
    yield opened
    opened.close()
