"""Holding: rows of lists that one worker at a time reads on, page by page."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import Connection, TextClause, text


class Held(Protocol):
    """A row in hand, under a fencing number."""

    @property
    def id(self) -> int:
        """The row's."""
        ...

    @property
    def claim_number(self) -> int:
        """Whoever has a lower one than the row lost it."""
        ...


def put_off_in(table: str) -> TextClause:
    """The statement of `put_off` for that table."""
    return text(f"""
        UPDATE {table} SET failures = failures + 1, last_error = :error, due_at = :due,
            page = CASE WHEN :begin_anew THEN NULL ELSE page END
        WHERE id = :id AND claim_number = :claim
    """)  # noqa: S608 - the table is a constant of its module


LONGEST_ERROR: Final = 300


def put_off(
    connection: Connection,
    statement: TextClause,
    held: Held,
    error: str,
    due: datetime,
    *,
    begin_anew: bool,
) -> None:
    """Try again later: at the same page, or from the list's beginning."""
    arguments = {
        "id": held.id,
        "claim": held.claim_number,
        "error": error[:LONGEST_ERROR],
        "due": due,
        "begin_anew": begin_anew,
    }
    connection.execute(statement, arguments)
