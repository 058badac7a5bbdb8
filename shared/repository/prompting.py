"""Prompting: rows made due at once, because a person wants to know."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, text

from shared.domain.charge import Provider

_PROMPT: Final = text("""
    UPDATE charges SET next_attempt_at = :now, dispatch_at = :now, updated_at = :now
    WHERE id = :id AND status IN ('accepted', 'indeterminate') AND parked_reason IS NULL
      AND cancel_requested_at IS NULL AND (claimed_until IS NULL OR claimed_until <= :now)
""")


def prompt_charge(connection: Connection, charge_id: int, now: datetime) -> bool:
    """Make a locked charge that waits for its next attempt due now; False where it waits for none.

    What the attempt may do is decided when it is made: in doubt, a worker looks, or replays the
    frozen request under its frozen key.
    """
    return connection.execute(_PROMPT, {"id": charge_id, "now": now}).rowcount > 0


_LOOK: Final = text("""
    UPDATE charges SET deadline_at = :now, updated_at = :now
    WHERE id = :id AND status IN ('requires_action', 'processing') AND parked_reason IS NULL
      AND provider_reference IS NOT NULL
""")


def look_at_charge(connection: Connection, charge_id: int, now: datetime) -> bool:
    """Let beat's next round ask the provider about a locked charge that waits; False for others."""
    return connection.execute(_LOOK, {"id": charge_id, "now": now}).rowcount > 0


_COMPARE: Final = text("""
    INSERT INTO reconciliation_runs (provider, account, day, due_at, created_at)
    VALUES (:provider, :account, :day, :now, :now)
    ON CONFLICT (provider, coalesce(account, ''), day) DO UPDATE SET due_at = excluded.due_at
""")


def compare_day(
    connection: Connection, provider: Provider, account: str | None, day: date, now: datetime
) -> None:
    """Let beat's next round read and compare that day of the account's ledger, again or at all."""
    arguments = {"provider": provider, "account": account, "day": day, "now": now}
    connection.execute(_COMPARE, arguments)
