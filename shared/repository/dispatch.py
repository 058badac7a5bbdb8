"""Dispatch: which rows are due to be told to the workers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from shared.domain.outbound import MOST_AT_ONCE, MOST_WHILE_FAILING
from shared.task_names import (
    CHARGE_CANCEL,
    CHARGE_EXECUTE,
    OUTBOUND_EVENT_DELIVER,
    REFUND_EXECUTE,
    WEBHOOK_EVENT_HANDLE,
)

Due = tuple[str, int]
"""A task's name, with the id of the row it is about."""

# An endpoint's rows are told as far as it may have them in flight: what is owed to one that hangs
# fills no queue.
#
# A charge that its buyer called off is not to be charged, whatever else is due for it, and can
# be cancelled even while it is parked.
_TAKE_DUE: Final = text("""
    WITH due_charges AS (
        UPDATE charges SET dispatch_at = :again WHERE id IN (
            SELECT id FROM charges WHERE dispatch_at <= :now
              AND (parked_reason IS NULL OR cancel_requested_at IS NOT NULL)
            ORDER BY dispatch_at LIMIT :most_charges FOR NO KEY UPDATE SKIP LOCKED
        ) RETURNING id, cancel_requested_at IS NOT NULL
                    AND status IN ('accepted', 'requires_action') AS is_called_off
    ), due_refunds AS (
        UPDATE refunds SET dispatch_at = :again WHERE id IN (
            SELECT id FROM refunds WHERE dispatch_at <= :now
            ORDER BY dispatch_at LIMIT :most_refunds FOR NO KEY UPDATE SKIP LOCKED
        ) RETURNING id
    ), due_events AS (
        UPDATE webhook_events SET dispatch_at = :again WHERE id IN (
            SELECT id FROM webhook_events WHERE dispatch_at <= :now
            ORDER BY dispatch_at LIMIT :most_events FOR NO KEY UPDATE SKIP LOCKED
        ) RETURNING id
    ), due_deliveries AS (
        UPDATE outbound_deliveries SET dispatch_at = :again WHERE id IN (
            SELECT d.id FROM outbound_endpoints e CROSS JOIN LATERAL (
                SELECT id FROM outbound_deliveries
                WHERE endpoint_id = e.id AND dispatch_at <= :now
                ORDER BY dispatch_at LIMIT greatest(0,
                    CASE WHEN e.failures > 0 THEN :while_failing ELSE :at_once END - (
                        SELECT count(*) FROM outbound_deliveries
                        WHERE endpoint_id = e.id AND claimed_until > :now))
                FOR NO KEY UPDATE SKIP LOCKED
            ) d WHERE e.status = 'enabled' LIMIT :most_deliveries
        ) RETURNING id
    )
    SELECT CASE WHEN is_called_off THEN :charge_cancel ELSE :charge_execute END AS task, id
    FROM due_charges
    UNION ALL SELECT :refund_execute, id FROM due_refunds
    UNION ALL SELECT :webhook_event_handle, id FROM due_events
    UNION ALL SELECT :outbound_event_deliver, id FROM due_deliveries
""")


def take_due(
    connection: Connection, *, now: datetime, again: datetime, most: Mapping[str, int]
) -> list[Due]:
    """What is due, put off to `again` in case its message is lost.

    `most` says how many by task. Two callers at once never get the same row.
    """
    arguments = {
        "now": now,
        "again": again,
        "most_charges": most[CHARGE_EXECUTE],
        "most_refunds": most[REFUND_EXECUTE],
        "most_events": most[WEBHOOK_EVENT_HANDLE],
        "most_deliveries": most[OUTBOUND_EVENT_DELIVER],
        "at_once": MOST_AT_ONCE,
        "while_failing": MOST_WHILE_FAILING,
        "charge_execute": CHARGE_EXECUTE,
        "charge_cancel": CHARGE_CANCEL,
        "refund_execute": REFUND_EXECUTE,
        "webhook_event_handle": WEBHOOK_EVENT_HANDLE,
        "outbound_event_deliver": OUTBOUND_EVENT_DELIVER,
    }
    return [(row.task, row.id) for row in connection.execute(_TAKE_DUE, arguments)]


_GIVE_BACK: Final = text("""
    WITH given_charges AS (
        UPDATE charges SET dispatch_at = :now
        WHERE id = ANY(:charges) AND dispatch_at = :again RETURNING id
    ), given_deliveries AS (
        UPDATE outbound_deliveries SET dispatch_at = :now
        WHERE id = ANY(:deliveries) AND dispatch_at = :again RETURNING id
    ), given_refunds AS (
        UPDATE refunds SET dispatch_at = :now
        WHERE id = ANY(:refunds) AND dispatch_at = :again RETURNING id
    )
    UPDATE webhook_events SET dispatch_at = :now WHERE id = ANY(:events) AND dispatch_at = :again
""")


def give_back(connection: Connection, due: list[Due], *, again: datetime, now: datetime) -> None:
    """Make rows due at once whose messages could not be published, unless they moved since."""
    arguments = {
        "now": now,
        "again": again,
        "charges": _ids(due, CHARGE_EXECUTE) + _ids(due, CHARGE_CANCEL),
        "refunds": _ids(due, REFUND_EXECUTE),
        "events": _ids(due, WEBHOOK_EVENT_HANDLE),
        "deliveries": _ids(due, OUTBOUND_EVENT_DELIVER),
    }
    connection.execute(_GIVE_BACK, arguments)


def _ids(due: list[Due], wanted: str) -> list[int]:
    return [row_id for task, row_id in due if task == wanted]
