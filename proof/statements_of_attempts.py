"""The worker's statements about attempts, as Postgres carries them out."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Executable

from proof.tables import Handler, Row, Tables, without
from shared.repository.attempts import (
    _COUNT,
    _FINISH,
    _FORGIVE,
    _HISTORY,
    _NOTE,
    _NUMBER,
    _OPEN,
    _START,
)


def open_attempts(tables: Tables, charge_id: int) -> list[Row]:
    """The charge's attempts that have no definite answer yet: one at most."""
    return tables.where("attempts", charge_id=charge_id, finished_at=None)


def _open(tables: Tables, given: Row) -> list[Row]:
    return open_attempts(tables, given["charge"])


def _number(tables: Tables, given: Row) -> list[Row]:
    return [tables.update("charges", given["charge"], {"attempts": given["number"]})]


def _start(tables: Tables, given: Row) -> list[Row]:
    return [tables.insert("attempts", given)]


def _count(tables: Tables, given: Row) -> list[Row]:
    by = {"task_id": given["task_id"]}
    return [_count_on(tables, row, 1, by) for row in _named(tables, given)]


def _forgive(tables: Tables, given: Row) -> list[Row]:
    return [_count_on(tables, row, -1, {}) for row in _named(tables, given)]


def _count_on(tables: Tables, attempt: Row, step: int, by: Row) -> Row:
    return tables.update("attempts", attempt["id"], by | {"tries": attempt["tries"] + step})


def _note(tables: Tables, given: Row) -> list[Row]:
    learnt = without(given, "charge", "attempt")
    return [tables.update("attempts", row["id"], learnt) for row in _named(tables, given)]


def _named(tables: Tables, given: Row) -> list[Row]:
    return tables.where("attempts", charge_id=given["charge"], number=given["attempt"])


def _finish(tables: Tables, given: Row) -> list[Row]:
    answer = without(given, "charge")
    return [tables.update("attempts", row["id"], answer) for row in _open(tables, given)]


def _history(tables: Tables, given: Row) -> list[Row]:
    rows = tables.where("attempts", charge_id=given["id"])[-20:]
    hidden = ("id", "charge_id", "request")
    return [{"attempts": [without(row, *hidden) for row in rows] or None}]


ATTEMPTS: Final[dict[Executable, Handler]] = {
    _OPEN: _open,
    _NUMBER: _number,
    _START: _start,
    _COUNT: _count,
    _FORGIVE: _forgive,
    _NOTE: _note,
    _FINISH: _finish,
    _HISTORY: _history,
}
"""Keyed by the statements themselves."""
