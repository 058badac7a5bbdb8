"""The database refuses refunds that may not be, by name, whatever the code does."""

import contextlib
import re
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest
from psycopg2.extensions import connection

from shared.domain.refund_moves import ALLOWED_MOVES as REFUND_MOVES
from tests.database.rows import charge, new_order, run


def captured(db: connection, order: int, fingerprint: str = "f") -> int:
    """A charge of the order whose money was captured."""
    made = charge(db, order, fingerprint=fingerprint)
    return run(
        db,
        "UPDATE charges SET status = 'succeeded', amount_captured_minor = amount_minor,"
        " capture_reference = 'ch_' || id, dispatch_at = NULL WHERE id = %s RETURNING id",
        made,
    )


REFUND = """
    INSERT INTO refunds (identifier, charge_id, provider, provider_reference, origin, amount_minor,
                         currency, status, next_attempt_at, dispatch_at, created_at, updated_at)
    VALUES (gen_random_uuid(), %s, 'stripe', %s, %s, %s, 'USD', %s, now(), now(), now(), now())
    RETURNING id
"""


def refund(db: connection, charge_id: int, amount: int = 500, status: str = "pending") -> int:
    """A refund of ours."""
    return run(db, REFUND, charge_id, None, "ours", amount, status)


def test_the_refunds_trigger_allows_the_moves_of_the_table_and_no_others(db: connection) -> None:
    with db.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'refunds_move'")
        row = cursor.fetchone()
    assert row

    pairs = set(re.findall(r"\('(\w+)', '(\w+)'\)", row[0]))

    assert pairs == REFUND_MOVES


@pytest.mark.parametrize("amounts", [[2000], [1999, 1], [1000, 999, 1]])
def test_refunds_of_ours_never_pass_what_was_captured(
    db: connection, order: int, amounts: list[int]
) -> None:
    made = captured(db, order)
    for amount in amounts[:-1]:
        refund(db, made, amount)

    with pytest.raises(psycopg2.IntegrityError) as refused:
        refund(db, made, amounts[-1])

    assert refused.value.diag.constraint_name == "ck_refunds_within_captured"


def test_two_refunds_at_the_same_moment_share_what_is_left(
    database_url: str, db: connection
) -> None:
    made = captured(db, new_order(db, "of two refunds"), "of two refunds")
    db.commit()
    with (
        ThreadPoolExecutor(2) as pool,
        contextlib.closing(psycopg2.connect(database_url)) as first,
        contextlib.closing(psycopg2.connect(database_url)) as second,
    ):
        refund(first, made, 1500)
        waiting = pool.submit(refund, second, made, 1500)
        first.commit()

        with pytest.raises(psycopg2.IntegrityError) as refused:
            waiting.result()

    assert refused.value.diag.constraint_name == "ck_refunds_within_captured"


def test_a_refund_that_failed_leaves_its_money_to_another(db: connection, order: int) -> None:
    made = captured(db, order)
    failed = refund(db, made, 1999)
    run(db, "UPDATE refunds SET status = 'failed' WHERE id = %s RETURNING id", failed)

    assert refund(db, made, 1999)


def test_a_refund_made_at_the_provider_is_recorded_whatever_it_comes_to(
    db: connection, order: int
) -> None:
    made = captured(db, order)

    assert run(db, REFUND, made, f"re_{made}", "provider", 5000, "pending")


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE refunds SET dispatch_at = NULL WHERE id = %s",
         "ck_refunds_pending_is_dispatched"),
        ("UPDATE refunds SET amount_minor = 1 WHERE id = %s", "ck_refunds_frozen"),
        ("UPDATE refunds SET identifier = gen_random_uuid() WHERE id = %s", "ck_refunds_frozen"),
        ("UPDATE refunds SET request = '{}' WHERE id = %s", "ck_refunds_frozen_whole"),
        ("UPDATE refunds SET origin = 'somebody' WHERE id = %s", "ck_refunds_frozen"),
    ],
)  # fmt: skip
def test_a_refund_cannot_become_what_it_may_not(
    db: connection, order: int, statement: str, constraint: str
) -> None:
    made = refund(db, captured(db, order))

    with pytest.raises(psycopg2.IntegrityError) as refused:
        run(db, statement, made)

    assert refused.value.diag.constraint_name == constraint


def test_a_refund_of_ours_begins_as_pending(db: connection, order: int) -> None:
    with pytest.raises(psycopg2.IntegrityError) as refused:
        refund(db, captured(db, order), status="succeeded")

    assert refused.value.diag.constraint_name == "ck_refunds_moves"


FREEZE = """
    UPDATE refunds SET operation = 'x', request = '{}', key_expires_at = now(), started_at = now()
    WHERE id = %s
"""


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE refunds SET request = '{\"amount\": 1}' WHERE id = %s", "ck_refunds_frozen"),
        ("UPDATE refunds SET key_expires_at = now() + interval '1 day' WHERE id = %s",
         "ck_refunds_frozen"),
        ("UPDATE refunds SET key_number = key_number - 1 WHERE id = %s", "ck_refunds_key_renewed"),
        ("UPDATE refunds SET maybe_executed = true WHERE id = %s;"
         " UPDATE refunds SET key_number = key_number + 1 WHERE maybe_executed",
         "ck_refunds_key_renewed"),
    ],
)  # fmt: skip
def test_what_a_refund_has_sent_is_frozen_with_its_key(
    db: connection, order: int, statement: str, constraint: str
) -> None:
    made = refund(db, captured(db, order))
    run(db, f"{FREEZE} RETURNING id", made)

    with pytest.raises(psycopg2.IntegrityError) as refused:
        run(db, statement, made)

    assert refused.value.diag.constraint_name == constraint


def test_a_provider_s_refund_has_one_row(db: connection, order: int) -> None:
    made = captured(db, order)
    run(db, REFUND, made, f"re_{made}", "provider", 1, "pending")

    with pytest.raises(psycopg2.IntegrityError) as refused:
        run(db, REFUND, made, f"re_{made}", "provider", 1, "pending")

    assert refused.value.diag.constraint_name == "uq_refunds_provider_reference"
