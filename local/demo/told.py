"""Who was told of what, read from Chargehand's deliveries to its endpoints."""

import contextlib
import time
from dataclasses import dataclass

import psycopg2

PATIENCE_SECONDS = 20.0
DELIVERIES = """
    SELECT count(*) FILTER (WHERE status = 'delivered'),
           count(*) FILTER (WHERE status <> 'delivered')
    FROM outbound_deliveries
"""


@dataclass(frozen=True)
class Told:
    """How many events reached their endpoints, how many are still owed to them."""

    delivered: int
    owed: int

    def __str__(self) -> str:
        return f"told the shop {self.delivered} events, signed; {self.owed} still owed"


def settled_telling(database_url: str) -> Told:
    """What was told, once all of it had its time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := read_told(database_url)).owed and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def read_told(database_url: str) -> Told:
    """What was told by now."""
    with (
        contextlib.closing(psycopg2.connect(database_url)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(DELIVERIES)
        row = cursor.fetchone()
    assert row is not None, "a count has a row"
    return Told(*row)
