"""A scrape asks no charge's moves how long it stands that was accepted only now."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import create_engine, text

from benchmarks.charge.backlog import fill
from benchmarks.charge.contestants import OURS
from local.development_keys import DevelopmentKeys
from shared.domain.age_limits import oldest_allowed
from shared.repository.ages import overdue_states

BACKLOG: Final = 500
LOOKS: Final = text("""
    SELECT sum(seq_scan + coalesce(idx_scan, 0)) FROM pg_stat_xact_user_tables
    WHERE relname LIKE 'transitions%'
""")


def test_a_young_backlog_is_not_looked_into_charge_by_charge(own_database_url: str) -> None:
    fill(own_database_url, OURS, BACKLOG, DevelopmentKeys().ENCRYPTION_KEYS)
    engine = create_engine(own_database_url.replace("://", "+psycopg2://"))
    with engine.connect() as connection:
        found = overdue_states(connection, oldest_allowed(datetime.now(UTC)))
        looks = connection.execute(LOOKS).scalar_one()
    engine.dispose()

    assert (found, looks) == ([], 0)
