"""Rows as a test writes them, past all code of ours."""

import uuid

from psycopg2.extensions import connection

CHARGE = """
    INSERT INTO charges (identifier, order_id, provider, status, amount_minor, currency,
                         instrument_fingerprint, next_attempt_at, dispatch_at, created_at,
                         updated_at)
    VALUES (%s, %s, 'stripe', %s, %s, 'USD', %s, now(), now(), now(), now()) RETURNING id
"""


def run(db: connection, statement: str, *values: object) -> int:
    """Run a statement; the first column of its first row."""
    with db.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def new_order(db: connection, fingerprint: str = "f") -> int:
    """An order with an instrument."""
    event = run(
        db,
        "INSERT INTO events (identifier, name, currency, can_pay_by_stripe, can_pay_by_paypal,"
        " organizer_ids, created_at, updated_at)"
        " VALUES (%s, 'A concert', 'USD', true, true, '{}', now(), now()) RETURNING id",
        uuid.uuid4().hex,
    )
    made = run(
        db,
        "INSERT INTO orders (identifier, event_id, user_id, amount_minor, currency, payment_mode,"
        " status, created_at, updated_at)"
        " VALUES (%s, %s, 'buyer', 1999, 'USD', 'stripe', 'pending', now(), now()) RETURNING id",
        str(uuid.uuid4()),
        event,
    )
    run(db, "INSERT INTO instruments VALUES (%s, %s) RETURNING order_id", fingerprint, made)
    return made


def charge(
    db: connection,
    order: int,
    status: str = "accepted",
    amount: int = 1999,
    fingerprint: str = "f",
) -> int:
    """A charge of the order."""
    return run(db, CHARGE, str(uuid.uuid4()), order, status, amount, fingerprint)
