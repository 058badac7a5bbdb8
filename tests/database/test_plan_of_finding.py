"""An event's charge is found without a look at all the others, whatever the statistics say."""

from contextlib import closing
from typing import Final
from uuid import uuid4

import psycopg2
from sqlalchemy import create_engine, text

from benchmarks.charge.backlog import fill
from benchmarks.charge.contestants import OURS
from local.development_keys import DevelopmentKeys
from shared.domain.charge import Provider
from shared.repository.charges import find_charge

CHARGES: Final = 2_000
READ: Final = text("SELECT idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'charges'")


def test_a_charge_is_found_by_its_order_alone(own_database_url: str) -> None:
    with closing(psycopg2.connect(own_database_url)) as db, db.cursor() as rows:
        rows.execute("ANALYZE")  # as Postgres knew it before: there is nothing
        db.commit()
    fill(own_database_url, OURS, CHARGES, DevelopmentKeys().ENCRYPTION_KEYS)
    engine = create_engine(own_database_url.replace("://", "+psycopg2://"))
    with engine.connect() as connection:
        order = connection.execute(text("SELECT identifier FROM orders LIMIT 1")).scalar_one()
        named = frozenset({str(order), str(uuid4())})
        found = find_charge(
            connection, Provider.STRIPE, None, references=frozenset({"pi_1"}), ours=named
        )
        fetched = connection.execute(READ).scalar_one()
    engine.dispose()

    assert found
    assert fetched < CHARGES / 10
