"""A day is compared by its own rows, however little of all they are, or however much."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from benchmarks.population import Size
from shared.domain.charge import Provider
from shared.repository.ledger_runs import LedgerRun
from shared.repository.movements import entries_of, movements_of
from tests.database.populated import populated
from tests.database.test_plans_of_operators import plan_of, statements_of

CHARGES, DAYS = 4_000, 40


@pytest.fixture(scope="module")
def connection(database_url: str) -> Iterator[Connection]:
    """A connection to a database that Postgres knows, where a day is a twelfth of all."""
    with populated(database_url, Size(CHARGES, DAYS)) as opened:
        yield opened


@pytest.mark.parametrize("provider", Provider)
def test_a_day_s_rows_are_looked_up_not_found_among_all(
    connection: Connection, provider: Provider
) -> None:
    begin = datetime.now(UTC) - timedelta(days=1)
    run = LedgerRun(0, provider, None, begin.date(), None, 0, 0, 0)

    sent = statements_of(connection, lambda held: entries_of(held, run, begin))
    sent += statements_of(connection, lambda held: movements_of(held, run))

    for plan in (plan_of(connection, *each) for each in sent):
        assert "ix_ledger_movements_object" in plan
        assert "Seq Scan on charges" not in plan
        assert "Seq Scan on ledger_movements" not in plan


def test_a_day_s_refunds_are_found_by_index(connection: Connection) -> None:
    begin = datetime.now(UTC) - timedelta(days=1)
    run = LedgerRun(0, Provider.PAYPAL, None, begin.date(), None, 0, 0, 0)
    connection.execute(text("SET LOCAL enable_seqscan = off"))  # there are few yet

    (sent,) = statements_of(connection, lambda held: entries_of(held, run, begin))

    assert "ix_refunds_succeeded" in plan_of(connection, *sent)
    connection.rollback()
