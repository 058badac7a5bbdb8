"""Parking: live charges that nobody takes on until their organizer's account is back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

FAR_OUT: Final = timedelta(days=36_500)
"""A parked charge has no next instant; the columns that hold one are not null."""

_LIVE: Final = "status NOT IN ('succeeded', 'failed', 'canceled')"
_AT_REST: Final = "c.status IN ('accepted', 'indeterminate') AND c.claimed_until IS NULL"

_PARK: Final = text(f"""
    UPDATE charges c SET
        parked_reason = :reason, updated_at = :now,
        next_attempt_at = CASE WHEN {_AT_REST} THEN :far ELSE c.next_attempt_at END,
        dispatch_at = CASE WHEN {_AT_REST} THEN :far ELSE c.dispatch_at END,
        deadline_at = CASE WHEN c.deadline_at IS NOT NULL THEN :far END
    WHERE c.account = :account AND c.parked_reason IS NULL AND c.{_LIVE}
""")  # noqa: S608 constants of this module

_RESUME: Final = text(f"""
    UPDATE charges c SET
        parked_reason = NULL, updated_at = :now,
        next_attempt_at = CASE WHEN {_AT_REST} THEN :now ELSE c.next_attempt_at END,
        dispatch_at = CASE WHEN {_AT_REST} THEN :now ELSE c.dispatch_at END,
        deadline_at = CASE WHEN c.deadline_at IS NOT NULL THEN :now END
    FROM orders o
    WHERE o.id = c.order_id AND o.event_id = :event AND c.account = :account
      AND c.parked_reason IS NOT NULL AND c.{_LIVE}
""")  # noqa: S608 as above

_HAS_LIVE: Final = text(f"""
    SELECT EXISTS (SELECT FROM orders o JOIN charges c ON c.order_id = o.id
                   WHERE o.event_id = :event AND c.provider = 'stripe' AND c.{_LIVE})
""")  # noqa: S608 as above

_IS_LIVE: Final = text(f"""
    SELECT EXISTS (SELECT FROM charges WHERE account = :account AND {_LIVE})
""")  # noqa: S608 as above


def park_charges(connection: Connection, account: str, reason: str, now: datetime) -> int:
    """Park every live charge of the account, say how many.

    What is on the wire now is settled by its answer, but not taken on after it.
    """
    arguments = {"account": account, "reason": reason, "now": now, "far": now + FAR_OUT}
    return connection.execute(_PARK, arguments).rowcount


def resume_charges(connection: Connection, event_id: int, account: str, now: datetime) -> int:
    """Let the event's parked charges of this account go on at once, say how many.

    Never those of another account: what was begun there may have been carried out there.
    """
    arguments = {"event": event_id, "account": account, "now": now}
    return connection.execute(_RESUME, arguments).rowcount


def has_live_charge(connection: Connection, event_id: int) -> bool:
    """Whether a Stripe charge of the event may still move money."""
    return bool(connection.execute(_HAS_LIVE, {"event": event_id}).scalar_one())


def is_account_charged(connection: Connection, account: str) -> bool:
    """Whether a charge of the account may still move money."""
    return bool(connection.execute(_IS_LIVE, {"account": account}).scalar_one())
