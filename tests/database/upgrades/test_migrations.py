"""Migrations run beside the code that works: none makes it wait for long."""

import subprocess
import sys
from collections.abc import Iterator
from functools import partial

import psycopg2
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from psycopg2.extensions import connection as Raw  # noqa: N812 the other one is SQLAlchemy's
from sqlalchemy import Connection, create_engine, text

from tests.conftest import PROJECT
from tests.database.upgrades.judge import harm
from tests.database.upgrades.revisions import revisions, script

FIRST_JUDGED = "0016"
"""Those before it ran while nobody worked."""

READS = {"reads all of charges"}
REWRITES = READS | {"rewrites charges"}
CHANGES = {
    "ALTER TABLE charges ADD COLUMN more text": set(),
    "ALTER TABLE charges ADD COLUMN more text NOT NULL DEFAULT 'none'": set(),
    "ALTER TABLE charges ADD COLUMN more uuid DEFAULT gen_random_uuid()": REWRITES,
    "ALTER TABLE charges ALTER COLUMN attempts TYPE integer": REWRITES,
    "ALTER TABLE charges ALTER COLUMN brand SET NOT NULL": READS,
    "ALTER TABLE charges ADD CHECK (id > 0)": READS,
    "ALTER TABLE charges ADD CHECK (id > 0) NOT VALID": set(),
    "CREATE INDEX ix_more ON charges (brand)": READS,
    "CREATE TABLE more (id bigint PRIMARY KEY, charge_id bigint REFERENCES charges);"
    " CREATE INDEX ix_more ON more (charge_id)": set(),
    "UPDATE charges SET brand = 'visa'": READS,
}


@pytest.fixture
def changing(database_url: str) -> Iterator[Connection]:
    """A transaction that is undone."""
    engine = create_engine(sqlalchemy_url(database_url))
    with engine.connect() as connection:
        yield connection
        connection.rollback()
    engine.dispose()


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_change_does_to_others_is_seen(changing: Connection, change: str) -> None:
    found = harm(changing, partial(changing.execute, text(change)))

    assert found == CHANGES[change]


@pytest.mark.parametrize("revision", [each for each in revisions() if each >= FIRST_JUDGED])
def test_a_migration_does_no_harm(own_database_url: str, revision: str) -> None:
    url = own_database_url
    before = script(revision).down_revision
    assert alembic(url, "downgrade", before).returncode == 0
    engine = create_engine(sqlalchemy_url(url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with context.begin_transaction(), Operations.context(context):
            found = harm(connection, script(revision).module.upgrade)
    engine.dispose()

    assert found == set()


def test_a_migration_that_has_to_wait_gives_up_and_changes_nothing(
    own_database_url: str,
) -> None:
    url, head = own_database_url, revisions()[-1]
    assert alembic(url, "downgrade", "0015").returncode == 0
    holder = psycopg2.connect(url)
    holder.cursor().execute("LOCK TABLE charges IN ROW EXCLUSIVE MODE")

    refused = alembic(url, "upgrade", "head")
    stands = standing(holder)
    holder.close()
    accepted = alembic(url, "upgrade", "head")

    assert (refused.returncode, "lock timeout" in refused.stderr) == (1, True)
    assert stands == "0015"
    assert accepted.returncode == 0
    with psycopg2.connect(url) as after:
        assert standing(after) == head
    after.close()


def sqlalchemy_url(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg2://")


def standing(connection: Raw) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT version_num FROM alembic_version")
        return str(cursor.fetchall()[0][0])


def alembic(url: str, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "alembic", "-c", "shared/migrations/alembic.ini", *words]
    return subprocess.run(
        command, cwd=PROJECT, env={"DATABASE_URL": url}, capture_output=True, text=True, check=False
    )
