"""The months that a charge's moves are kept by: partitions of `transitions`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

AHEAD: Final = timedelta(days=62)
"""For how long at least there are months to come."""

# What takes locks that charges wait behind takes them at once, or another time.
_BRIEFLY: Final = text("SET LOCAL lock_timeout = '200ms'")
_PATIENTLY: Final = text("SET LOCAL statement_timeout = '5min'")
_ALONE: Final = text("LOCK TABLE transitions IN SHARE UPDATE EXCLUSIVE MODE")

_UNTIL: Final = text("SELECT max(ends_at) FROM transition_months")


def months_until(connection: Connection) -> datetime:
    """Until when there are months; what is later falls into `transitions_default`."""
    until: datetime = connection.execute(_UNTIL).scalar_one()
    return until


_ADD: Final = text("SELECT transitions_add_month(:until)")


def add_month(connection: Connection, now: datetime) -> bool:
    """Add the next month; False where there are enough to come."""
    connection.execute(_BRIEFLY)
    return bool(connection.execute(_ADD, {"until": now + AHEAD}).scalar_one())


_OLD: Final = text("""
    SELECT name FROM transition_months WHERE ends_at <= :before
    AND ends_at < (SELECT max(ends_at) FROM transition_months) ORDER BY ends_at
""")


def drop_month(connection: Connection, before: datetime) -> str | None:
    """Drop one month that had ended by then, and its name; None where there is none to drop.

    A month stays in which a charge moved that is not over, or was not yet by then.
    """
    for statement in (_BRIEFLY, _PATIENTLY, _ALONE):
        connection.execute(statement)
    for name in connection.execute(_OLD, {"before": before}).scalars().all():
        if not _is_needed(connection, name, before):
            connection.execute(text(f"DROP TABLE {name}"))
            return str(name)
    return None


def _is_needed(connection: Connection, name: str, before: datetime) -> bool:
    needed = text(f"""
        SELECT EXISTS (
            SELECT FROM {name} t JOIN charges c ON c.id = t.charge_id
            WHERE c.status NOT IN ('succeeded', 'failed', 'canceled') OR c.updated_at >= :before)
    """)  # noqa: S608 a name out of the catalogue
    return bool(connection.execute(needed, {"before": before}).scalar_one())
