"""A connection whose work is undone, an order in it."""

from collections.abc import Iterator

import psycopg2
import pytest
from psycopg2.extensions import connection

from tests.database.rows import new_order


@pytest.fixture
def db(database_url: str) -> Iterator[connection]:
    """A connection whose work is undone."""
    opened = psycopg2.connect(database_url)
    yield opened
    opened.close()


@pytest.fixture
def order(db: connection) -> int:
    """An order with an instrument."""
    return new_order(db)
