"""What is tallied by the hour is what the charges themselves say, whatever round was missed."""

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest
from sqlalchemy import Connection, Engine, create_engine, text

from benchmarks.population import Size, populate
from shared.repository.charge_history import WINDOWS, History
from shared.repository.charge_tallies import MOST, RECENT, count_hours, read_history

MINUTE = timedelta(minutes=1)
SEEDS = range(5)
LONG = [WINDOWS["week"], WINDOWS["month"]]


@pytest.fixture
def engine(own_database_url: str) -> Iterator[Engine]:
    """A database with charges of forty days."""
    with closing(psycopg2.connect(own_database_url)) as connection:
        populate(connection, Size(2000, 40), is_whole=False)
    engine = create_engine(own_database_url.replace("://", "+psycopg2://"))
    yield engine
    engine.dispose()


@pytest.mark.parametrize("seed", SEEDS)
def test_tallies_are_what_a_count_says_after_any_moves_and_missed_rounds(
    engine: Engine, seed: int
) -> None:
    chance, now = random.Random(seed), datetime.now(UTC)  # noqa: S311 no secret
    with engine.begin() as connection:
        for _ in range(12):
            now += MINUTE * chance.choice([1, 1, 1, 15, 45])
            if chance.random() < 0.8:
                count_hours(connection, now)
        catch_up(connection, now)
        for _ in range(4):
            move(connection, chance, now)
            now += MINUTE * chance.choice([11, 40])
            catch_up(connection, now)

            tallied = [read_history(connection, window, now) for window in LONG]
            connection.execute(text("DELETE FROM charge_tallies"))
            assert tallied == [read_history(connection, window, now) for window in LONG]


def test_a_long_window_is_read_from_tallies_but_for_the_last_hours(engine: Engine) -> None:
    now = datetime.now(UTC)
    with engine.begin() as connection:
        catch_up(connection, now)
        before = read_history(connection, WINDOWS["month"], now)
        connection.execute(
            text("DELETE FROM charges WHERE created_at < :recent"), {"recent": now - 2 * RECENT}
        )

        assert read_history(connection, WINDOWS["month"], now) == before
        later = now + timedelta(hours=1)
        assert charged(read_history(connection, WINDOWS["month"], later)) < charged(before) / 10


def test_a_round_counts_so_many_hours_at_most_and_none_anew_before_its_time(
    engine: Engine,
) -> None:
    now = datetime.now(UTC)
    with engine.begin() as connection:
        rounds = [count_hours(connection, now) for _ in range(8)]
        kept = connection.execute(text("SELECT count(*) FROM charge_tallies")).scalar_one()
        count_hours(connection, now + timedelta(days=40))
        left = connection.execute(text("SELECT count(*) FROM charge_tallies")).scalar_one()

    assert rounds[0] == MOST
    assert rounds[-1] == 0
    assert sum(rounds) == kept == 30 * 24 - 1
    assert left == MOST


def catch_up(connection: Connection, now: datetime) -> None:
    while count_hours(connection, now):
        pass


def charged(history: History) -> int:
    return sum(each.statuses.total() for line in history.values() for each in line)


def move(connection: Connection, chance: random.Random, now: datetime) -> None:
    """Some charges settle at another time, some come to a review, some are new."""
    arguments = {"share": chance.random(), "now": now, "seed": chance.random()}
    connection.execute(text("SELECT setseed(:seed)"), arguments)
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    connection.execute(
        text("""
            UPDATE charges SET settled_at = created_at + random() * interval '2 days',
                status = CASE WHEN random() < 0.3 THEN 'needs_review' ELSE status END
            WHERE random() < :share
        """),
        arguments,
    )
    connection.execute(
        text(
            "UPDATE charges SET created_at = :now - random() * interval '3 hours'"
            " WHERE random() < :share / 9"
        ),
        arguments,
    )
