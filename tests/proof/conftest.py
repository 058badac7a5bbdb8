"""A real database for worlds to stand on, and silence."""

from collections.abc import Iterator

import pytest
import structlog
from sqlalchemy import Connection, create_engine


@pytest.fixture(scope="module")
def connection(database_url: str) -> Iterator[Connection]:
    """A connection to an empty database."""
    engine = create_engine(database_url.replace("://", "+psycopg2://"))
    with engine.connect() as opened:
        yield opened
    engine.dispose()


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    """Thousands of schedules would write many thousands of lines."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.reset_defaults()
