"""The backlog: charges that are due, and how fast they get done."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from contextlib import closing
from typing import Any, Final, LiteralString

import psycopg2
from psycopg2 import sql

from benchmarks.charge.contestants import Contestant
from shared.domain.charge import Status, StripeToken
from shared.vault import Vault

CARD: Final = "pm_card_visa"
"""A PaymentMethod: a token would take a call more to become one."""

_EVENT: Final[LiteralString] = """
    INSERT INTO events (identifier, name, currency, can_pay_by_stripe, can_pay_by_paypal,
                        organizer_ids, created_at, updated_at)
    VALUES ('benchmark', 'A concert', 'USD', true, true, '{organizer}', now(), now())
    ON CONFLICT DO NOTHING
"""
_OURS: Final[LiteralString] = """
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
_PLAIN_TABLE: Final[LiteralString] = """
    CREATE TABLE plain_charges (id bigint PRIMARY KEY, status text NOT NULL,
        amount_minor bigint NOT NULL, currency text NOT NULL, reference text,
        settled_at timestamptz)
"""
_PLAIN: Final[LiteralString] = """
    INSERT INTO plain_charges (id, status, amount_minor, currency)
    SELECT number, 'accepted', 1999, 'usd' FROM generate_series(1, %(count)s) AS number
"""


def fill(database: str, contestant: Contestant, charges: int, encryption_key: str) -> None:
    """Add that many charges, due at once."""
    sealed = Vault([encryption_key]).seal_instrument(StripeToken(CARD))
    made = (_EVENT, _OURS) if contestant.is_ours else (_PLAIN_TABLE, _PLAIN)
    with closing(psycopg2.connect(database)) as connection, connection, connection.cursor() as rows:
        for statement in made:
            rows.execute(statement, {"count": charges, "instrument": sealed})


_COUNT: Final = "SELECT count(*) FROM {} WHERE status = %s"
_INSTANTS: Final = """
    SELECT CAST(extract(epoch FROM settled_at) AS double precision) AS instant FROM {}
    WHERE status = 'succeeded' AND settled_at >= to_timestamp(%s) AND settled_at < to_timestamp(%s)
    ORDER BY settled_at
"""


def count(database: str, contestant: Contestant, status: Status) -> int:
    """How many charges have that status."""
    return int(_column(database, _COUNT, contestant, status)[0])


def rate(database: str, contestant: Contestant, begin: float, end: float) -> float:
    """Charges per second between two instants (seconds since the epoch).

    The slope through all of them: they come in waves as long as the provider's answer takes, and
    a count would depend on where in a wave the window ends.
    """
    instants = _column(database, _INSTANTS, contestant, begin, end)
    if len(set(instants)) < 2:  # noqa: PLR2004 a slope needs two points
        return 0.0
    return statistics.linear_regression(instants, range(len(instants))).slope


def _column(
    database: str, query: str, contestant: Contestant, *given: float | str
) -> Sequence[Any]:
    statement = sql.SQL(query).format(sql.Identifier(contestant.charges))
    with closing(psycopg2.connect(database)) as connection, connection.cursor() as rows:
        rows.execute(statement, given)
        return [value for (value,) in rows]
