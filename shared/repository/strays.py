"""Stray captures: money of a charge's that is not its payment, with what was decided of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, insert, text

from shared.aftermath_tables import stray_captures as table
from shared.domain.charge import Charge
from shared.domain.late_money import Verdict
from shared.domain.outcomes import Approved

_FIND: Final = text("""
    SELECT id FROM stray_captures
    WHERE provider = :provider AND coalesce(account, '') = coalesce(:account, '')
      AND capture_reference = :capture
""")


def find_stray(connection: Connection, charge: Charge, capture_reference: str) -> int | None:
    """The stray capture of that id at the charge's provider and account."""
    arguments = {
        "provider": charge.provider,
        "account": charge.account,
        "capture": capture_reference,
    }
    return connection.execute(_FIND, arguments).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class Finding:
    """Who found a capture that does not pay, when, by what."""

    at: datetime
    actor: str
    evidence: dict[str, Any]


_STORE: Final = insert(table).returning(table.c.id)


def store_stray(
    connection: Connection, charge: Charge, fact: Approved, verdict: Verdict, found: Finding
) -> int:
    """Keep the capture apart from the locked charge; it was looked for under the same lock."""
    values = {
        "charge_id": charge.id,
        "provider": charge.provider,
        "account": charge.account,
        "provider_reference": fact.reference,
        "capture_reference": fact.capture_reference,
        "amount_minor": fact.money.amount_minor,
        "currency": fact.money.currency,
        "misfit": verdict.misfit,
        "remedy": verdict.remedy,
        "reason": verdict.complaint,
        "actor": found.actor,
        "evidence": found.evidence,
        "found_at": found.at,
    }
    return int(connection.execute(_STORE, values).scalar_one())


_REFUND: Final = text("""
    INSERT INTO refunds (identifier, charge_id, stray_capture_id, provider, origin, amount_minor,
                         currency, status, reason, requested_by, next_attempt_at, dispatch_at,
                         created_at, updated_at)
    SELECT :identifier, charge_id, id, provider, 'ours', amount_minor, currency, 'pending',
           reason, 'chargehand', :now, :now, :now, :now
    FROM stray_captures WHERE id = :stray
""")


def refund_stray(connection: Connection, stray_id: int, identifier: UUID, now: datetime) -> None:
    """Let the whole capture go back, due at once; the database knows one such refund at most."""
    connection.execute(_REFUND, {"stray": stray_id, "identifier": identifier, "now": now})


_RETURN: Final = text("""
    INSERT INTO refunds (identifier, charge_id, stray_capture_id, provider, origin, amount_minor,
                         currency, status, reason, requested_by, next_attempt_at, dispatch_at,
                         created_at, updated_at)
    SELECT gen_random_uuid(), s.charge_id, s.id, s.provider, 'ours', s.amount_minor, s.currency,
           'pending', :reason, :requested_by, :now, :now, :now, :now
    FROM stray_captures s WHERE s.charge_id = :charge AND NOT EXISTS (
        SELECT FROM refunds r WHERE r.stray_capture_id = s.id
        AND r.status IN ('pending', 'succeeded', 'needs_review'))
""")


def return_strays(
    connection: Connection, charge_id: int, *, reason: str, requested_by: str, now: datetime
) -> int:
    """Let every stray capture of the locked charge go back that does not yet; how many."""
    arguments = {
        "charge": charge_id,
        "reason": reason,
        "requested_by": requested_by,
        "now": now,
    }
    return connection.execute(_RETURN, arguments).rowcount
