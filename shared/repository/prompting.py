"""Prompting: rows made due at once, because a person wants to know."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

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
