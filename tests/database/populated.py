"""A connection to a population that Postgres knows."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2
from sqlalchemy import Connection, create_engine

from benchmarks.population import Size, populate


@contextmanager
def populated(database_url: str, size: Size) -> Iterator[Connection]:
    """Populate and analyse the database, and connect to it for the block."""
    with closing(psycopg2.connect(database_url)) as held:
        populate(held, size)
        with held, held.cursor() as cursor:
            cursor.execute("ANALYZE")
    engine = create_engine(database_url.replace("://", "+psycopg2://"))
    with engine.connect() as opened:
        yield opened
    engine.dispose()
