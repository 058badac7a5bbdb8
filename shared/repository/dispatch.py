"""Dispatch: which rows are due to be told to the workers."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from shared.task_names import CHARGE_EXECUTE, WEBHOOK_EVENT_HANDLE

_TAKE_DUE: Final = text("""
    WITH due_charges AS (
        UPDATE charges SET dispatch_at = :again WHERE id IN (
            SELECT id FROM charges WHERE dispatch_at <= :now AND parked_reason IS NULL
            ORDER BY dispatch_at LIMIT :most FOR NO KEY UPDATE SKIP LOCKED
        ) RETURNING id
    ), due_events AS (
        UPDATE webhook_events SET dispatch_at = :again WHERE id IN (
            SELECT id FROM webhook_events WHERE dispatch_at <= :now
            ORDER BY dispatch_at LIMIT :most FOR NO KEY UPDATE SKIP LOCKED
        ) RETURNING id
    )
    SELECT :charge_execute AS task, id FROM due_charges
    UNION ALL SELECT :webhook_event_handle, id FROM due_events
""")


def take_due(
    connection: Connection, *, now: datetime, again: datetime, most: int
) -> list[tuple[str, int]]:
    """Task names and row ids that are due, put off to `again` in case their message is lost.

    At most `most` of each kind. Two callers at once never get the same row.
    """
    arguments = {
        "now": now,
        "again": again,
        "most": most,
        "charge_execute": CHARGE_EXECUTE,
        "webhook_event_handle": WEBHOOK_EVENT_HANDLE,
    }
    return [(row.task, row.id) for row in connection.execute(_TAKE_DUE, arguments)]


_GIVE_BACK: Final = text("""
    WITH given_charges AS (
        UPDATE charges SET dispatch_at = :now
        WHERE id = ANY(:charges) AND dispatch_at = :again RETURNING id
    )
    UPDATE webhook_events SET dispatch_at = :now WHERE id = ANY(:events) AND dispatch_at = :again
""")


def give_back(
    connection: Connection, due: list[tuple[str, int]], *, again: datetime, now: datetime
) -> None:
    """Make rows due at once whose messages could not be published, unless they moved since."""
    arguments = {
        "now": now,
        "again": again,
        "charges": [row_id for task, row_id in due if task == CHARGE_EXECUTE],
        "events": [row_id for task, row_id in due if task == WEBHOOK_EVENT_HANDLE],
    }
    connection.execute(_GIVE_BACK, arguments)
