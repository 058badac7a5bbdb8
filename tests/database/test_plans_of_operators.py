"""What operators read is found by indexes, however many charges there are."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.event import listen, remove

from shared.domain.age_limits import oldest_allowed
from shared.domain.charge import Provider, Status
from shared.domain.outbound import DeliveryStatus
from shared.domain.refund import RefundStatus
from shared.repository import standing
from shared.repository.ages import failing_events
from shared.repository.charge_history import WINDOWS
from shared.repository.charge_lists import (
    NEWEST,
    list_charges,
    list_overdue,
    list_reviews,
    summarize,
)
from shared.repository.charge_tallies import count_hours, read_history
from shared.repository.circuit_views import unclosed_circuits
from shared.repository.differences import open_differences
from shared.repository.event_lists import list_events, read_event
from shared.repository.lag_history import read_flows
from shared.repository.ledger_runs import LedgerRun
from shared.repository.movements import entries_of
from shared.repository.operator_actions import actions_on, list_actions
from shared.repository.outbound_views import deliveries_of, delivery_states
from shared.repository.outbound_views import list_events as list_outbound
from shared.repository.refund_intake import list_refund_reviews, list_refunds
from shared.repository.rounds import last_round
from shared.repository.search import search
from shared.repository.timeline import timeline
from shared.repository.waiting import untaken_charges
from shared.task_names import WATCH_RUN

READS: dict[str, Callable[[Connection], object]] = {
    "search by reference": lambda connection: search(connection, "pi_1"),
    "search by number": lambda connection: search(connection, "7"),
    "search by identifier": lambda connection: search(
        connection, "00000000-0000-0000-0000-000000000000"
    ),
    "timeline": lambda connection: timeline(connection, 7),
    "charges": list_charges,
    "charges of a status": lambda connection: list_charges(connection, Status.FAILED),
    "overdue charges": lambda connection: list_overdue(
        connection, oldest_allowed(datetime.now(UTC))
    ),
    "reviews": list_reviews,
    "one charge": lambda connection: summarize(connection, 7),
    "events": list_events,
    "waiting events": lambda connection: list_events(connection, is_waiting=True),
    "one event": lambda connection: read_event(connection, 7),
    "refunds": lambda connection: list_refunds(connection, 7, 50),
    "refunds of a status": lambda connection: list_refunds(
        connection, 7, 50, RefundStatus.NEEDS_REVIEW
    ),
    "refund reviews": list_refund_reviews,
    "differences": lambda connection: open_differences(connection, NEWEST, 50),
    "charges standing": standing.charges_standing,
    "due rows": lambda connection: standing.due_rows(connection, datetime.now(UTC)),
    "unhandled events": standing.unhandled_events,
    "failing events": failing_events,
    "owed deliveries": standing.owed_deliveries,
    "circuits standing": standing.circuits_standing,
    "lags": lambda connection: read_flows(connection, WINDOWS["day"], datetime.now(UTC)),
    "history": lambda connection: read_history(connection, WINDOWS["day"], datetime.now(UTC)),
    "tallied history": lambda connection: read_history(
        connection, WINDOWS["month"], datetime.now(UTC)
    ),
    "unclosed circuits": unclosed_circuits,
    "outbound events": lambda connection: list_outbound(
        connection, order_id=None, before=NEWEST, most=50
    ),
    "outbound events given up": lambda connection: list_outbound(
        connection, status=DeliveryStatus.GIVEN_UP, before=NEWEST, most=50
    ),
    "deliveries of an event": lambda connection: deliveries_of(connection, 7),
    "audit": lambda connection: list_actions(connection, before=NEWEST, most=50),
    "actions": lambda connection: actions_on(connection, "charge 7"),
    "untaken charges": lambda connection: untaken_charges(
        connection, before=datetime.now(UTC), now=datetime.now(UTC)
    ),
    "delivery states": lambda connection: delivery_states(connection, [7, 8]),
    "last round": lambda connection: last_round(connection, WATCH_RUN),
}


@pytest.fixture(scope="module")
def connection(database_url: str) -> Iterator[Connection]:
    """A connection whose planner reads a table whole only where there is no other way."""
    engine = create_engine(database_url.replace("://", "+psycopg2://"))
    with engine.connect() as opened:
        opened.execute(text("SET enable_seqscan = off"))
        yield opened
    engine.dispose()


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_no_table_is_read_whole(
    connection: Connection, read: Callable[[Connection], object]
) -> None:
    (plan,) = [plan_of(connection, *sent) for sent in statements_of(connection, read)]

    assert "Index" in plan
    assert "Seq Scan" not in plan


def test_how_charges_fared_is_read_from_an_index_alone(connection: Connection) -> None:
    (sent,) = statements_of(connection, READS["history"])

    assert "ix_charges_created" in plan_of(connection, *sent)
    assert {"provider", "status", "created_at", "settled_at"} == columns_of(
        connection, "ix_charges_created"
    )


@pytest.mark.parametrize(
    ("index", "columns"),
    [
        ("ix_webhook_events_handled", {"provider", "received_at", "handled_at"}),
        ("ix_outbound_deliveries_ended", {"status", "created_at", "finished_at"}),
    ],
)
def test_how_soon_what_came_went_is_read_from_indexes_alone(
    connection: Connection, index: str, columns: set[str]
) -> None:
    (sent,) = statements_of(connection, READS["lags"])

    assert index in plan_of(connection, *sent)
    assert columns == columns_of(connection, index)


def test_what_is_tallied_is_read_and_counted_by_hour(connection: Connection) -> None:
    (read,) = statements_of(connection, READS["tallied history"])
    _, count = statements_of(connection, lambda held: count_hours(held, datetime.now(UTC)))

    for plan in (plan_of(connection, *read), plan_of(connection, *count)):
        assert "ix_charges_created" in plan
        assert "charge_tallies_pkey" in plan
        assert "Seq Scan" not in plan


def test_a_day_is_compared_with_its_own_charges_not_with_all(connection: Connection) -> None:
    run = LedgerRun(0, Provider.STRIPE, None, datetime.now(UTC).date(), None, 0, 0, 0)
    (sent,) = statements_of(connection, lambda held: entries_of(held, run, datetime.now(UTC)))

    plan = plan_of(connection, *sent)
    assert "CTE here" not in plan
    assert "CTE charged" not in plan


def columns_of(connection: Connection, index: str) -> set[str]:
    rows = connection.execute(
        text("SELECT attname FROM pg_attribute WHERE attrelid = CAST(:index AS regclass)"),
        {"index": index},
    )
    return set(rows.scalars())


def statements_of(
    connection: Connection, read: Callable[[Connection], object]
) -> list[tuple[str, Mapping[str, Any]]]:
    sent: list[tuple[str, Mapping[str, Any]]] = []

    def note(
        _connection: object, _cursor: object, statement: str, values: Mapping[str, Any], *_: object
    ) -> None:
        sent.append((statement, values))

    listen(connection, "before_cursor_execute", note)
    try:
        read(connection)
    finally:
        remove(connection, "before_cursor_execute", note)
    return sent


def plan_of(connection: Connection, statement: str, values: Mapping[str, Any]) -> str:
    rows = connection.exec_driver_sql(f"EXPLAIN {statement}", values)
    return "\n".join(str(line) for (line,) in rows)
