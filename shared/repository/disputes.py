"""Disputes: one row each, from the complaint to the last movement of money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from shared.providers.base import DisputeFact

OPEN: Final = "open"

_STORE: Final = text("""
    WITH before AS (
        SELECT d.status FROM disputes d JOIN charges c ON c.id = :charge
        WHERE d.provider = c.provider AND d.provider_reference = :reference
    )
    INSERT INTO disputes (charge_id, provider, provider_reference, amount_minor, currency, status,
                          reason, withdrawn_minor, reinstated_minor, created_at, updated_at)
    SELECT id, provider, :reference, :amount, :currency, :status, :reason, :withdrawn, :reinstated,
           :now, :now
    FROM charges WHERE id = :charge
    ON CONFLICT ON CONSTRAINT uq_disputes_provider_reference DO UPDATE SET
        status = CASE disputes.status WHEN 'open' THEN excluded.status ELSE disputes.status END,
        withdrawn_minor = greatest(disputes.withdrawn_minor, excluded.withdrawn_minor),
        reinstated_minor = greatest(disputes.reinstated_minor, excluded.reinstated_minor),
        updated_at = excluded.updated_at
    RETURNING status, (SELECT status FROM before) AS before
""")


@dataclass(frozen=True, slots=True)
class Course:
    """How far a dispute has come by what was just told of it."""

    status: str
    before: str | None
    """None where it was not known."""

    @property
    def is_opened(self) -> bool:
        """Nobody knew of it."""
        return self.before is None

    @property
    def is_closed(self) -> bool:
        """It ended by this."""
        return self.status != OPEN and self.before in {None, OPEN}


def store_dispute(
    connection: Connection, charge_id: int, fact: DisputeFact, now: datetime
) -> Course:
    """Write what is told onto the dispute's one row, its charge being locked.

    Whatever comes late or twice: a closed dispute does not open again, and what was withdrawn or
    reinstated does not become less.
    """
    arguments = {
        "charge": charge_id,
        "reference": fact.dispute_reference,
        "amount": fact.money.amount_minor,
        "currency": fact.money.currency,
        "status": fact.status,
        "reason": fact.reason,
        "withdrawn": fact.withdrawn_minor,
        "reinstated": fact.reinstated_minor,
        "now": now,
    }
    row = connection.execute(_STORE, arguments).one()
    return Course(row.status, row.before)
