"""The relay's round takes as long in a backlog as without one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest
from sqlalchemy import Connection, create_engine, text

from benchmarks.charge.backlog import fill
from benchmarks.charge.contestants import OURS
from local.development_keys import DevelopmentKeys
from shared.repository import dispatch
from shared.task_names import QUEUES
from tests.database.test_plans_of_operators import plan_of, statements_of

BACKLOG, ROOM = 5_000, 5


@pytest.fixture(scope="module")
def connection(database_url: str) -> Iterator[Connection]:
    """A connection to a database with a backlog that Postgres knows of."""
    fill(database_url, OURS, BACKLOG, DevelopmentKeys().ENCRYPTION_KEYS)
    with psycopg2.connect(database_url) as held, held.cursor() as cursor:
        cursor.execute("ANALYZE")
    engine = create_engine(database_url.replace("://", "+psycopg2://"))
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def test_a_few_of_many_due_charges_are_taken_by_index(connection: Connection) -> None:
    now = datetime.now(UTC)
    again, most = now + timedelta(seconds=30), dict.fromkeys(QUEUES, ROOM)

    sent = statements_of(
        connection, lambda held: dispatch.take_due(held, now=now, again=again, most=most)
    )

    plans = [plan_of(connection, *each) for each in sent]
    assert "ix_charges_dispatch" in plans[0]
    assert not [plan for plan in plans if "Seq Scan on charges" in plan]


def test_taking_does_not_wait_for_the_disk_and_what_follows_does(connection: Connection) -> None:
    now, most = datetime.now(UTC), dict.fromkeys(QUEUES, ROOM)
    waits = text("SHOW synchronous_commit")

    connection.rollback()
    dispatch.take_due(connection, now=now, again=now, most=most)
    during = connection.execute(waits).scalar_one()
    connection.rollback()

    assert (during, connection.execute(waits).scalar_one()) == ("off", "on")
