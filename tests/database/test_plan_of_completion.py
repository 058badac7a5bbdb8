"""An order is completed as fast in a backlog as without one."""

from contextlib import closing
from typing import Final

import psycopg2

from benchmarks.charge.backlog import fill
from benchmarks.charge.contestants import OURS
from local.development_keys import DevelopmentKeys

BACKLOG, CHARGED = 20_000, 2_000

CLAIM: Final = """
    UPDATE charges SET status = 'submitting', claimed_until = now()
    WHERE id <= (SELECT min(id) FROM charges) + %s
"""
SUCCEED: Final = """
    UPDATE charges SET status = 'succeeded', claimed_until = NULL, instrument = NULL,
        provider_reference = id, capture_reference = id, amount_captured_minor = amount_minor,
        next_attempt_at = NULL, dispatch_at = NULL, settled_at = now()
    WHERE status = 'submitting' RETURNING order_id
"""
COMPLETE: Final = "UPDATE orders SET status = 'completed', completed_at = now() WHERE id = %s"
READ: Final = "SELECT idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'charges'"


def test_an_order_is_completed_without_reading_what_succeeded_before(own_database_url: str) -> None:
    fill(own_database_url, OURS, BACKLOG, DevelopmentKeys().ENCRYPTION_KEYS)
    with closing(psycopg2.connect(own_database_url)) as db, db.cursor() as rows:
        rows.execute("ANALYZE")  # as Postgres knew it before: nothing succeeded
        rows.execute(CLAIM, (CHARGED,))
        rows.execute(SUCCEED)
        (*_, last) = rows.fetchall()
        db.commit()
    with closing(psycopg2.connect(own_database_url)) as db, db.cursor() as rows:
        rows.execute(COMPLETE, last)
        rows.execute(READ)
        [(fetched,)] = rows.fetchall()

    assert 0 < fetched < CHARGED / 10
