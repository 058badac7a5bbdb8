"""Sealed columns: every one that the vault's keys are for, walked in batches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Column, Connection, Table, select, update

from shared.outbound_tables import outbound_secrets
from shared.tables import charges, stripe_authorizations

SEALED: Final[tuple[Column[Any], ...]] = (
    charges.c.instrument,
    stripe_authorizations.c.access_token,
    stripe_authorizations.c.refresh_token,
    outbound_secrets.c.secret,
)

Sealed = tuple[int, bytes]
"""A row's id, and what stands sealed in it."""


def read_sealed(
    connection: Connection, column: Column[Any], *, after: int, most: int
) -> list[Sealed]:
    """The next rows by id that hold something."""
    row_id = _table(column).c.id
    statement = select(row_id, column).where(column.is_not(None), row_id > after)
    return _read(connection.execute(statement.order_by(row_id).limit(most)))


def lock_sealed(connection: Connection, column: Column[Any], ids: list[int]) -> list[Sealed]:
    """These rows as they now stand, locked; without those that somebody else holds."""
    row_id = _table(column).c.id
    statement = select(row_id, column).where(column.is_not(None), row_id.in_(ids))
    # FOR NO KEY UPDATE, as everybody here locks.
    locked = statement.order_by(row_id).with_for_update(key_share=True, skip_locked=True)
    return _read(connection.execute(locked))


def write_sealed(connection: Connection, column: Column[Any], row_id: int, sealed: bytes) -> None:
    """Put the same secret, sealed anew, in the place of the old."""
    table = _table(column)
    statement = update(table).where(table.c.id == row_id).values({column: sealed})
    connection.execute(statement)


def _table(column: Column[Any]) -> Table:
    table = column.table
    assert isinstance(table, Table)
    return table


def _read(rows: Iterable[Any]) -> list[Sealed]:
    return [(row[0], bytes(row[1])) for row in rows]
