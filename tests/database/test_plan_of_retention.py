"""A batch of what is old is dropped by its own rows, however many stay."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from benchmarks.population import Size
from shared.repository import outbound_retention, retention
from tests.database.populated import populated
from tests.database.test_plans_of_operators import plan_of, statements_of

CHARGES, DAYS = 10_000, 40
KEPT = timedelta(days=20)
LARGE = {"charges", "attempts", "webhook_events", "outbound_events", "outbound_deliveries"}


@pytest.fixture(scope="module")
def connection(database_url: str) -> Iterator[Connection]:
    """A connection to a database that Postgres knows, where a batch is a good part of all."""
    with populated(database_url, Size(CHARGES, DAYS)) as opened:
        yield opened


@pytest.mark.parametrize("kind", retention.KINDS)
def test_no_table_is_read_whole_to_drop_a_batch(connection: Connection, kind: str) -> None:
    before = datetime.now(UTC) - KEPT
    (sent,) = statements_of(connection, lambda held: retention.drop_oldest(held, kind, before))
    connection.rollback()

    assert read_whole(plan_of(connection, *sent)) == set()


def test_no_table_is_read_whole_to_forget_deliveries(connection: Connection) -> None:
    now = datetime.now(UTC)
    sent = statements_of(connection, lambda held: outbound_retention.forget_deliveries(held, now))
    connection.rollback()

    assert read_whole(plan_of(connection, *sent[0])) == set()


def read_whole(plan: str) -> set[str]:
    """The tables with many rows that the plan does not look into by an index."""
    return LARGE & set(re.findall(r"Seq Scan on (\w+)", plan))
