"""The database in memory does what Postgres does, schedule for schedule."""

import pytest
from sqlalchemy import Connection

from proof.ground import MemoryGround, PostgresGround
from proof.portrait import portrait
from proof.schedule import draw, live
from proof.tables import Row
from proof.world import Ground, World

FEW, MANY = range(40), range(1_000, 4_000)


def paint(ground: Ground, seed: int) -> tuple[str | None, dict[str, list[Row]]]:
    """What the schedule of that seed leaves on a ground."""
    trial = draw(seed)
    told = live(World(ground, trial.provider), trial.moves)
    return told.fault, portrait(ground)


def difference(connection: Connection, seed: int) -> object:
    """What the two grounds do not agree on; None where all is alike."""
    with connection.begin() as transaction:
        real = paint(PostgresGround(connection), seed)
        transaction.rollback()
    mirrored = paint(MemoryGround(), seed)
    return None if real == mirrored else (seed, mirrored, real)


@pytest.mark.timeout(600)
def test_a_schedule_leaves_the_same_rows_in_memory_and_in_postgres(connection: Connection) -> None:
    differences = [difference(connection, seed) for seed in FEW]

    assert differences == [None] * len(FEW)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_thousands_of_schedules_leave_the_same_rows(connection: Connection) -> None:
    differences = [difference(connection, seed) for seed in MANY]

    assert differences == [None] * len(MANY)
