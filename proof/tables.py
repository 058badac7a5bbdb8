"""The tables in memory: rows under the database's own checks, with transactions that are undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import DefaultClause

from shared.aftermath_tables import refunds
from shared.circuit_tables import circuits

Row = dict[str, Any]
Check = Callable[["Tables", Row | None, Row], None]

_WRITTEN: Final = {"0": 0, "1": 1, "false": False, "true": True}
"""The schema's defaults."""


def _default(clause: object) -> object:
    return _WRITTEN[str(clause.arg)] if isinstance(clause, DefaultClause) else None


_BLANK: Final[dict[str, Row]] = {
    table.name: {column.name: _default(column.server_default) for column in table.columns}
    for table in (*refunds.metadata.tables.values(), circuits)
}


class Tables:
    """Rows by table and id. A row is never changed in place, so that the old one undoes a write."""

    def __init__(self, checks: dict[str, Check]) -> None:
        self.rows: dict[str, dict[int, Row]] = {name: {} for name in _BLANK}
        self.owners: dict[bytes, int] = {}
        """Which order an instrument pays."""
        self.writes = 0
        """How often anything was written."""
        self._checks = checks
        self._owners = 0
        self._written: list[tuple[dict[int, Row], int, Row | None]] = []

    def begin(self) -> None:
        """What is written from here on can be undone."""
        self._written.clear()
        self._owners = len(self.owners)

    def undo(self) -> None:
        """Take back what was written since the beginning."""
        for rows, row_id, before in reversed(self._written):
            if before is None:
                del rows[row_id]
            else:
                rows[row_id] = before
        for mark in list(self.owners)[self._owners :]:
            del self.owners[mark]

    def insert(self, table: str, values: Row) -> Row:
        """Add a row under the next id."""
        rows = self.rows[table]
        row_id = len(rows) + 1
        row = _BLANK[table] | values
        row["id"] = row_id
        self._check(table, None, row)
        self.writes += 1
        self._written.append((rows, row_id, None))
        rows[row_id] = row
        return row

    def update(self, table: str, row_id: int, values: Row) -> Row:
        """Change the named columns of a row."""
        rows = self.rows[table]
        before = rows[row_id]
        row = before | values
        self._check(table, before, row)
        self.writes += 1
        self._written.append((rows, row_id, before))
        rows[row_id] = row
        return row

    def where(self, table: str, **columns: object) -> list[Row]:
        """The rows in which the columns hold these values, by id."""
        wanted = columns.items()
        return [
            row
            for row in self.rows[table].values()
            if all(row[name] == value for name, value in wanted)
        ]

    def _check(self, table: str, before: Row | None, row: Row) -> None:
        if check := self._checks.get(table):
            check(self, before, row)


Handler = Callable[[Tables, Row], list[Row]]
"""What a statement does to the tables, given its values."""


def without(row: Row, *names: str) -> Row:
    """The row without those columns."""
    return {name: value for name, value in row.items() if name not in names}
