"""Operators' actions: what was done once, by whom and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, bindparam, insert, select, text

from shared.audit_tables import operator_actions as table


@dataclass(frozen=True, slots=True)
class OperatorAction:
    """An action as it stands on record."""

    identifier: UUID
    """Given by who asks: the same one again is the same action."""
    at: datetime
    actor: str
    action: str
    subject: str
    """A kind and an id: `charge 7`."""
    reason: str
    outcome: str


_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:identifier, 0))")
_COLUMNS: Final = [column for column in table.columns if column.name != "id"]
_READ: Final = select(*_COLUMNS).where(table.c.identifier == bindparam("identifier"))


def lock_action(connection: Connection, identifier: UUID) -> OperatorAction | None:
    """The action where it is done already; else nobody else does it before this transaction ends.

    The lock is a statement of its own: only what begins after it sees what its last holder wrote.
    """
    connection.execute(_LOCK, {"identifier": f"operator-action {identifier}"})
    row = connection.execute(_READ, {"identifier": identifier}).mappings().one_or_none()
    return None if row is None else OperatorAction(**row)


_STORE: Final = insert(table)


def store_action(connection: Connection, action: OperatorAction) -> None:
    """Put an action on record, in the transaction of what it did."""
    values = {column.name: getattr(action, column.name) for column in _COLUMNS}
    connection.execute(_STORE, values)


_OF: Final = select(*_COLUMNS).where(table.c.subject == bindparam("subject")).order_by(table.c.id)


def actions_on(connection: Connection, subject: str) -> list[OperatorAction]:
    """What was done to the subject, the oldest first."""
    rows = connection.execute(_OF, {"subject": subject}).mappings()
    return [OperatorAction(**row) for row in rows]


_LIST: Final = text("""
    SELECT * FROM operator_actions
    WHERE id < :before AND (:actor = '' OR actor = :actor) AND (:action = '' OR action = :action)
    ORDER BY id DESC LIMIT :most
""")


def list_actions(
    connection: Connection, *, actor: str = "", action: str = "", before: int, most: int
) -> dict[int, OperatorAction]:
    """What was done before the row of that id, by row, the newest first.

    By an actor, of a kind of action; empty: whichever.
    """
    arguments = {"actor": actor, "action": action, "before": before, "most": most}
    rows = connection.execute(_LIST, arguments).mappings()
    names = [column.name for column in _COLUMNS]
    return {row["id"]: OperatorAction(**{name: row[name] for name in names}) for row in rows}
