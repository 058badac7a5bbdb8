"""The backlog: charges that are due, and how fast they get done."""

from __future__ import annotations

import statistics
from contextlib import closing
from typing import Final, LiteralString

import psycopg2

from shared.domain.charge import StripeToken
from shared.vault import Vault

CARD: Final = "pm_card_visa"
"""A PaymentMethod: a token would take a call more to become one."""

_EVENT: Final[LiteralString] = """
    INSERT INTO events (identifier, name, currency, can_pay_by_stripe, can_pay_by_paypal,
                        organizer_ids, created_at, updated_at)
    VALUES ('benchmark', 'A concert', 'USD', true, true, '{organizer}', now(), now())
"""
_CHARGES: Final[LiteralString] = """
    WITH placed AS (
        INSERT INTO orders (identifier, event_id, user_id, amount_minor, currency, payment_mode,
                            status, created_at, updated_at)
        SELECT gen_random_uuid(), (SELECT max(id) FROM events), 'buyer', 1999, 'USD', 'stripe',
               'pending', now(), now()
        FROM generate_series(1, %(count)s) RETURNING id
    ), named AS (
        INSERT INTO instruments (fingerprint, order_id)
        SELECT decode(md5('card' || id), 'hex'), id FROM placed RETURNING *
    )
    INSERT INTO charges (identifier, order_id, provider, status, amount_minor, currency,
                         instrument, instrument_fingerprint, next_attempt_at, dispatch_at,
                         created_at, updated_at)
    SELECT gen_random_uuid(), order_id, 'stripe', 'accepted', 1999, 'USD', %(instrument)s,
           fingerprint, now(), now(), now(), now()
    FROM named
"""


def fill(database: str, count: int, encryption_key: str) -> None:
    """Add that many charges, accepted and due."""
    sealed = Vault([encryption_key]).seal_instrument(StripeToken(CARD))
    with closing(psycopg2.connect(database)) as connection, connection, connection.cursor() as rows:
        rows.execute(_EVENT)
        rows.execute(_CHARGES, {"count": count, "instrument": sealed})


_DONE: Final[LiteralString] = """
    SELECT count(*) FROM charges WHERE status = 'succeeded'
"""
_WHEN: Final[LiteralString] = """
    SELECT CAST(extract(epoch FROM settled_at) AS double precision) FROM charges
    WHERE status = 'succeeded' AND settled_at >= to_timestamp(%s) AND settled_at < to_timestamp(%s)
    ORDER BY settled_at
"""


def count_done(database: str) -> int:
    """How many charges succeeded."""
    with closing(psycopg2.connect(database)) as connection, connection.cursor() as rows:
        rows.execute(_DONE)
        return int(rows.fetchall()[0][0])


def rate(database: str, begin: float, end: float) -> float:
    """Charges per second between two instants (seconds since the epoch).

    The slope through all of them: they come in waves as long as the provider's answer takes, and
    a count would depend on where in a wave the window ends.
    """
    with closing(psycopg2.connect(database)) as connection, connection.cursor() as rows:
        rows.execute(_WHEN, (begin, end))
        instants = [instant for (instant,) in rows]
    if len(set(instants)) < 2:  # noqa: PLR2004 a slope needs two points
        return 0.0
    return statistics.linear_regression(instants, range(len(instants))).slope
