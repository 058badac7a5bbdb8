"""One post office per test, over a database of its own."""

from collections.abc import Iterator

import pytest

from tests.outbound.post_office import PostOffice


@pytest.fixture
def office(own_database_url: str) -> Iterator[PostOffice]:
    """A fresh post office."""
    with PostOffice(own_database_url) as made:
        yield made
