"""One application for the tests of a module."""

from collections.abc import Iterator

import pytest

from tests.api.platform import Platform, make_platform


@pytest.fixture(scope="module")
def platform(database_url: str, redis: str, sandbox_url: str) -> Iterator[Platform]:
    """The shim over a fresh database; of the providers it reaches Connect alone."""
    made = make_platform(database_url, redis, stripe_connect_base=sandbox_url)
    yield made
    made.deps.engine.dispose()


@pytest.fixture(scope="module")
def bare_platform(database_url: str, redis: str) -> Iterator[Platform]:
    """The shim without any provider's credentials."""
    made = make_platform(database_url, redis, providers=False)
    yield made
    made.deps.engine.dispose()
