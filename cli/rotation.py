"""The rotation of keys: everything that stands sealed, sealed anew under the newest key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import sleep
from typing import Any, Final

from cryptography.fernet import InvalidToken
from sqlalchemy import Column, Engine

from shared.db import unit_of_work
from shared.repository.sealed import SEALED, Sealed, lock_sealed, read_sealed, write_sealed
from shared.vault import Vault


@dataclass(frozen=True, slots=True)
class Pace:
    """Rows in a transaction; how often, and after how many seconds, held rows are tried again."""

    batch: int = 500
    rounds: int = 5
    pause: float = 1.0


STEADY: Final = Pace()


@dataclass(slots=True)
class Count:
    """What became of a column's secrets."""

    column: str
    resealed: int = 0
    current: int = 0
    """Under the newest key already."""
    busy: int = 0
    """Under an old key still: somebody held the row, every time."""
    unreadable: int = 0
    """Under a key that is not in the ring."""

    @property
    def is_whole(self) -> bool:
        """Whether the keys before the newest are needed for nothing here."""
        return not self.busy and not self.unreadable

    def then(self, later: Count) -> Count:
        """Both rounds together; what the first one resealed, the later one found current."""
        current, resealed = later.current - self.resealed, later.resealed + self.resealed
        return replace(later, current=current, resealed=resealed)


def rotate(engine: Engine, vault: Vault, pace: Pace = STEADY) -> list[Count]:
    """Seal every secret under the newest key, while the system runs.

    A short transaction a batch, which waits for nobody. Whatever ends it, the next run goes on:
    what is current is passed over.
    """
    return [_rotate_column(engine, vault, column, pace) for column in SEALED]


def _rotate_column(engine: Engine, vault: Vault, column: Column[Any], pace: Pace) -> Count:
    count = _round(engine, vault, column, pace.batch)
    for _ in range(pace.rounds - 1):
        if not count.busy:
            break
        sleep(pace.pause)
        count = count.then(_round(engine, vault, column, pace.batch))
    return count


def _round(engine: Engine, vault: Vault, column: Column[Any], most: int) -> Count:
    count = Count(str(column))
    for rows in _batches(engine, column, most):
        _rotate_rows(engine, vault, column, rows, count)
    return count


def _batches(engine: Engine, column: Column[Any], most: int) -> Iterator[list[Sealed]]:
    after = 0
    while True:
        with unit_of_work(engine) as connection:
            rows = read_sealed(connection, column, after=after, most=most)
        if not rows:
            return
        yield rows
        after = rows[-1][0]


def _rotate_rows(
    engine: Engine, vault: Vault, column: Column[Any], rows: list[Sealed], count: Count
) -> None:
    old = [row_id for row_id, sealed in rows if not vault.is_current(sealed)]
    count.current += len(rows) - len(old)
    if not old:
        return
    with unit_of_work(engine) as connection:
        locked = lock_sealed(connection, column, old)
        count.busy += len(old) - len(locked)
        for row_id, sealed in locked:
            try:
                write_sealed(connection, column, row_id, vault.reseal(sealed))
                count.resealed += 1
            except InvalidToken:
                count.unreadable += 1
