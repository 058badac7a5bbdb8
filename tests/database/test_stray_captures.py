"""The database holds a stray capture once, for ever, with one refund of its whole amount."""

import psycopg2
import pytest
from psycopg2.extensions import connection

from tests.database.rows import charge, run

STRAY = """
    INSERT INTO stray_captures (charge_id, provider, provider_reference, capture_reference,
        amount_minor, currency, misfit, remedy, reason, actor, evidence, found_at)
    VALUES (%s, 'stripe', 'pi_2', 'ch_2', 1999, 'USD', 'second_capture', 'refund', 'twice',
            'webhook', '{}', now()) RETURNING id
"""
REFUND = """
    INSERT INTO refunds (identifier, charge_id, stray_capture_id, provider, origin, amount_minor,
        currency, status, next_attempt_at, dispatch_at, created_at, updated_at)
    VALUES (gen_random_uuid(), %s, %s, 'stripe', 'ours', %s, 'USD', 'pending', now(), now(), now(),
            now()) RETURNING id
"""


def test_a_capture_is_kept_apart_once(db: connection, order: int) -> None:
    made = charge(db, order)
    run(db, STRAY, made)

    with pytest.raises(psycopg2.IntegrityError, match="uq_stray_captures_capture"):
        run(db, STRAY, made)


def test_what_was_found_of_it_stays(db: connection, order: int) -> None:
    stray = run(db, STRAY, charge(db, order))

    with pytest.raises(psycopg2.IntegrityError, match="append-only"):
        run(db, "UPDATE stray_captures SET remedy = 'review' WHERE id = %s RETURNING id", stray)


def test_it_never_becomes_a_payment(db: connection, order: int) -> None:
    made = charge(db, order)
    run(db, STRAY, made)

    with pytest.raises(psycopg2.IntegrityError, match="is no charge's payment"):
        run(
            db,
            "UPDATE charges SET status = 'succeeded', amount_captured_minor = amount_minor,"
            " capture_reference = 'ch_2' WHERE id = %s RETURNING id",
            made,
        )


@pytest.mark.parametrize("second", [1, 1999])
def test_it_goes_back_once(db: connection, order: int, second: int) -> None:
    made = charge(db, order)
    stray = run(db, STRAY, made)
    run(db, REFUND, made, stray, 1999)

    with pytest.raises(psycopg2.IntegrityError):
        run(db, REFUND, made, stray, second)


def test_no_more_goes_back_of_it_than_came(db: connection, order: int) -> None:
    made = charge(db, order)

    with pytest.raises(psycopg2.IntegrityError, match="left to refund"):
        run(db, REFUND, made, run(db, STRAY, made), 2000)
