"""The database refuses what may not be, by name, whatever the code does."""

import re

import psycopg2
import pytest
from psycopg2.extensions import connection
from sqlalchemy import create_engine, inspect

from shared import (
    aftermath_tables,
    audit_tables,
    circuit_tables,
    outbound_tables,
    reconciliation_tables,
)
from shared.domain.state_machine import ALLOWED_MOVES
from tests.database.rows import charge, run

METADATA = reconciliation_tables.METADATA
assert outbound_tables.METADATA is METADATA
assert audit_tables.METADATA is METADATA
assert aftermath_tables.refunds.metadata is METADATA
assert circuit_tables.circuits.metadata is METADATA


def test_the_trigger_allows_the_moves_of_the_table_and_no_others(db: connection) -> None:
    with db.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'charges_move'")
        row = cursor.fetchone()
    assert row

    pairs = set(re.findall(r"\('(\w+)', '(\w+)'\)", row[0]))

    assert pairs == ALLOWED_MOVES


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE charges SET status = 'succeeded' WHERE id = %s", "ck_charges_success_is_captured"),
        ("UPDATE charges SET status = 'requires_action' WHERE id = %s", "ck_charges_moves"),
        ("UPDATE charges SET amount_refunded_minor = 1 WHERE id = %s",
         "ck_charges_refunded_within_captured"),
        ("UPDATE charges SET dispatch_at = NULL WHERE id = %s", "ck_charges_waiting_is_dispatched"),
        ("UPDATE charges SET status = 'submitting' WHERE id = %s",
         "ck_charges_submitting_is_claimed"),
        ("UPDATE charges SET amount_minor = 0 WHERE id = %s", "ck_charges_amount"),
    ],
)  # fmt: skip
def test_a_charge_cannot_become_what_it_may_not(
    db: connection, order: int, statement: str, constraint: str
) -> None:
    made = charge(db, order)

    with pytest.raises(psycopg2.IntegrityError) as refused:
        run(db, statement, made)

    assert refused.value.diag.constraint_name == constraint


def test_an_order_has_one_live_charge(db: connection, order: int) -> None:
    charge(db, order)

    with pytest.raises(psycopg2.IntegrityError) as refused:
        charge(db, order)

    assert refused.value.diag.constraint_name == "uq_charges_one_live_per_order"


def test_a_charge_begins_as_accepted(db: connection, order: int) -> None:
    with pytest.raises(psycopg2.IntegrityError) as refused:
        charge(db, order, "failed")

    assert refused.value.diag.constraint_name == "ck_charges_moves"


def test_an_instrument_pays_one_order_only(db: connection, order: int) -> None:
    with pytest.raises(psycopg2.IntegrityError) as refused:
        run(db, "INSERT INTO instruments VALUES ('f', %s)", order)

    assert refused.value.diag.constraint_name == "pk_instruments"


def test_an_order_is_completed_by_money_alone(db: connection, order: int) -> None:
    with pytest.raises(psycopg2.IntegrityError) as refused:
        run(db, "UPDATE orders SET status = 'completed', completed_at = now() WHERE id = %s", order)

    assert refused.value.diag.constraint_name == "ck_orders_completed_by_money"


@pytest.mark.parametrize("status", ["expired", "cancelled"])
def test_an_order_is_kept_while_it_may_be_paid(db: connection, order: int, status: str) -> None:
    charge(db, order)

    with pytest.raises(psycopg2.IntegrityError) as refused:
        run(db, "UPDATE orders SET status = %s WHERE id = %s", status, order)

    assert refused.value.diag.constraint_name == "ck_orders_kept_while_charged"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE transitions SET actor = 'x'",
        "DELETE FROM transitions",
        "UPDATE circuit_changes SET actor = 'x'",
        "DELETE FROM circuit_changes",
    ],
)
def test_what_is_on_record_is_append_only(db: connection, statement: str) -> None:
    with pytest.raises(psycopg2.IntegrityError) as refused:
        run(db, statement)

    assert refused.value.diag.constraint_name == "ck_append_only"


def test_the_key_and_the_request_of_an_attempt_are_frozen(db: connection, order: int) -> None:
    run(
        db,
        "INSERT INTO attempts (charge_id, number, operation, idempotency_key, request,"
        " key_expires_at, maybe_executed, replayable, started_at)"
        " VALUES (%s, 1, 'x', 'key', '{}', now(), false, true, now()) RETURNING id",
        charge(db, order),
    )

    with pytest.raises(psycopg2.IntegrityError) as refused:
        run(db, "UPDATE attempts SET idempotency_key = 'another'")

    assert refused.value.diag.constraint_name == "ck_attempts_frozen"


def test_the_tables_are_what_statements_take_them_for(database_url: str) -> None:
    engine = create_engine(database_url.replace("://", "+psycopg2://"))

    found = inspect(engine)
    columns = {
        table: {column["name"]: column["nullable"] for column in found.get_columns(table)}
        for table in found.get_table_names()
        if table != "alembic_version" and not table.startswith("transitions_")  # its months
    }
    engine.dispose()

    assert columns == {
        table.name: {column.name: column.nullable for column in table.columns}
        for table in METADATA.tables.values()
    }
