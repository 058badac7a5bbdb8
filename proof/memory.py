"""The database in memory: an engine over the tables, for the statements that it was taught."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Executable

from proof.constraints import CHECKS
from proof.stage import pause
from proof.statements_around import STATEMENTS
from proof.tables import Row, Tables


class UnknownStatement(Exception):
    """A statement that `proof/statements.py` was not taught: teach it what Postgres does."""


class Named:
    """A row by attribute, or unpacked in the order of its columns."""

    __slots__ = ("_row",)

    def __init__(self, row: Row) -> None:
        self._row = row

    def __getattr__(self, name: str) -> Any:
        return self._row[name]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._row.values())


class Result:
    """What a statement gave, read as SQLAlchemy lets it be read."""

    __slots__ = ("_rows",)

    def __init__(self, rows: list[Row]) -> None:
        self._rows = rows

    @property
    def rowcount(self) -> int:
        """How many rows."""
        return len(self._rows)

    def __iter__(self) -> Iterator[Named]:
        return map(Named, self._rows)

    def mappings(self) -> Mappings:
        """The rows as mappings."""
        return Mappings(self._rows)

    def one(self) -> Named:
        """The one row."""
        (row,) = self._rows
        return Named(row)

    def one_or_none(self) -> Named | None:
        """The one row, if any."""
        return self.one() if self._rows else None

    def scalar_one(self) -> Any:
        """The first column of the one row."""
        (row,) = self._rows
        return next(iter(row.values()))

    def scalar_one_or_none(self) -> Any:
        """The first column of the one row, if any."""
        return self.scalar_one() if self._rows else None

    def scalars(self) -> Scalars:
        """The ids of the rows."""
        return Scalars(self._rows)


class Mappings:
    """Rows as mappings."""

    __slots__ = ("_rows",)

    def __init__(self, rows: list[Row]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def one(self) -> Row:
        """The one row."""
        (row,) = self._rows
        return row

    def one_or_none(self) -> Row | None:
        """The one row, if any."""
        return self.one() if self._rows else None


class Scalars:
    """Rows by their ids."""

    __slots__ = ("_rows",)

    def __init__(self, rows: list[Row]) -> None:
        self._rows = rows

    def all(self) -> list[int]:
        """Every id."""
        return [row["id"] for row in self._rows]


class MemoryConnection:
    """A connection inside a transaction."""

    __slots__ = ("_tables",)

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def execute(self, statement: Executable, given: Row | list[Row]) -> Result:
        """Carry out a statement; UnknownStatement where nobody taught it."""
        handler = STATEMENTS.get(statement)
        if handler is None:
            raise UnknownStatement(str(statement))
        rows = [given] if isinstance(given, dict) else given
        return Result([row for each in rows for row in handler(self._tables, each)])


class MemoryTransaction:
    """A transaction, which happens as a whole; whoever leaves it may be interrupted there."""

    __slots__ = ("_tables",)

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def __enter__(self) -> MemoryConnection:
        """Begin."""
        self._tables.begin()
        return MemoryConnection(self._tables)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Keep what was written, or nothing of it where the block raised."""
        if kind is not None:
            self._tables.undo()
            return
        pause("committed")


class MemoryEngine:
    """An engine whose transactions happen one after another."""

    def __init__(self) -> None:
        self.tables = Tables(CHECKS)

    def begin(self) -> MemoryTransaction:
        """A transaction."""
        return MemoryTransaction(self.tables)
