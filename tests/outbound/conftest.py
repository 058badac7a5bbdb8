"""One post office per test, over a database of its own."""

from collections.abc import Callable, Iterator

import pytest

from tests.outbound.post_office import PostOffice


@pytest.fixture
def office(new_database: Callable[[], str]) -> Iterator[PostOffice]:
    """A fresh post office."""
    with PostOffice(new_database()) as made:
        yield made
