"""Rounds: when each of beat's was last done."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

_KEEP: Final = text("""
    INSERT INTO rounds (name, done_at) VALUES (:name, :now)
    ON CONFLICT (name) DO UPDATE SET done_at = greatest(rounds.done_at, excluded.done_at)
""")
_LAST: Final = text("SELECT done_at FROM rounds WHERE name = :name")


def keep_round(connection: Connection, name: str, now: datetime) -> None:
    """Put on record that the round was done; a slow one takes nothing back."""
    connection.execute(_KEEP, {"name": name, "now": now})


def last_round(connection: Connection, name: str) -> datetime | None:
    """When the round was last done; None where it never was."""
    found: datetime | None = connection.execute(_LAST, {"name": name}).scalar_one_or_none()
    return found
