"""What a process's connections do when one is lost, and what a batch of statements comes to."""

from collections.abc import Iterator
from contextlib import suppress
from time import sleep

import psycopg2
import pytest
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, OperationalError

from local.development_keys import DevelopmentKeys
from shared.batch import together
from shared.db import make_engine, unit_of_work
from shared.settings import Settings

LONGER_THAN_TRUSTED = 1.2

SAID = Table(
    "said",
    MetaData(),
    Column("place", Integer),
    Column("word", String),
    Column("facts", JSONB(none_as_null=True)),
    prefixes=["TEMPORARY"],
)
SAY = insert(SAID).inline()
MOVE = update(SAID).where(SAID.c.word == bindparam("wanted")).values(place=SAID.c.place + 1)
SHOUT = text("UPDATE said SET word = upper(word) || :word WHERE word = :wanted")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    keys = DevelopmentKeys()
    settings = Settings(
        database_url=database_url,
        redis_url="redis://nowhere.invalid:1/0",
        jwt_secret=keys.JWT_SECRET,
        encryption_keys=keys.ENCRYPTION_KEYS,
    )
    made = make_engine(settings, name="tests")
    yield made
    made.dispose()


def session_of(engine: Engine) -> int:
    with unit_of_work(engine) as connection:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def end(database_url: str, session: int) -> None:
    connection = psycopg2.connect(database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", (session,))
    connection.close()


def test_a_connection_lost_at_rest_is_replaced_unnoticed(engine: Engine, database_url: str) -> None:
    first = session_of(engine)
    end(database_url, first)
    sleep(LONGER_THAN_TRUSTED)

    assert session_of(engine) != first


def test_one_lost_in_use_tells_once_at_most(engine: Engine, database_url: str) -> None:
    first = session_of(engine)
    end(database_url, first)

    with suppress(OperationalError):
        session_of(engine)

    assert session_of(engine) != first


def said(connection: Connection) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.execute(select(SAID).order_by(SAID.c.place))]


def test_each_statement_of_a_batch_sees_what_those_before_it_wrote(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        SAID.create(connection)
        with together(connection) as writer:
            writer.execute(SAY, {"place": 1, "word": "50% (a)", "facts": {"is": "%(word)s"}})
            writer.execute(SAY, {"place": 7, "word": "b", "facts": None})
            writer.execute(MOVE, {"wanted": "b"})
            writer.execute(SHOUT, {"wanted": "b", "word": "!"})
            assert said(connection) == [], "nothing was sent yet"

        assert said(connection) == [(1, "50% (a)", {"is": "%(word)s"}), (8, "B!", None)]


def test_a_batch_whose_block_raises_is_not_sent(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        SAID.create(connection)
        with suppress(ValueError), together(connection) as writer:
            writer.execute(SAY, {"place": 1, "word": "a", "facts": None})
            raise ValueError

        assert said(connection) == []


def rename_and_fail(engine: Engine) -> None:
    wrong = text("INSERT INTO orders (id) VALUES (:place)")
    with unit_of_work(engine) as connection, together(connection) as writer:
        writer.execute(text("UPDATE events SET name = :name"), {"name": "a name that is told"})
        writer.execute(wrong, {"place": 77})


def test_what_a_batch_may_not_is_told_without_its_values(engine: Engine) -> None:
    with pytest.raises(DBAPIError) as refused:
        rename_and_fail(engine)

    assert "UPDATE events" in str(refused.value)
    assert "a name that is told" not in str(refused.value)
