"""Refunds: locking, finding, adding up and writing them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, bindparam, insert, text, update

from shared.aftermath_tables import refund_transitions
from shared.aftermath_tables import refunds as table
from shared.domain.charge import Provider
from shared.domain.errors import UnknownRecord
from shared.domain.money import Money
from shared.domain.refund import Origin, Refund, RefundFact, RefundStatus
from shared.domain.refund_decisions import RefundDecision

_LOCK: Final = text("""
    SELECT r.*, coalesce(s.capture_reference, c.capture_reference) AS capture_reference
    FROM refunds r JOIN charges c ON c.id = r.charge_id
    LEFT JOIN stray_captures s ON s.id = r.stray_capture_id
    WHERE r.id = :id FOR NO KEY UPDATE OF r
""")


def lock_refund(connection: Connection, refund_id: int) -> Refund:
    """The refund, locked; its charge is locked before."""
    row = connection.execute(_LOCK, {"id": refund_id}).mappings().one_or_none()
    if row is None:
        raise UnknownRecord(f"refund {refund_id}")
    return refund_of(row)


_FIND: Final = text("""
    SELECT id FROM refunds
    WHERE provider = :provider AND provider_reference = :reference
       OR charge_id = :charge AND identifier = ANY(CAST(:ours AS uuid[]))
          AND provider_reference IS NULL
    ORDER BY provider_reference NULLS LAST LIMIT 1
""")


def find_refund(
    connection: Connection, provider: Provider, charge_id: int, fact: RefundFact
) -> int | None:
    """The refund that a fact is about: by the provider's id, else by ours."""
    arguments = {
        "provider": provider,
        "charge": charge_id,
        "reference": fact.refund_reference,
        "ours": sorted(fact.our_references),
    }
    return connection.execute(_FIND, arguments).scalar_one_or_none()


_CHARGE_OF: Final = text("SELECT charge_id FROM refunds WHERE id = :id")


def charge_of(connection: Connection, refund_id: int) -> int:
    """The id of the refund's charge, which never changes."""
    return int(connection.execute(_CHARGE_OF, {"id": refund_id}).scalar_one())


_NAMED: Final = text("""
    SELECT EXISTS (SELECT FROM refunds
                   WHERE charge_id = :charge AND identifier = ANY(CAST(:ours AS uuid[])))
""")


def is_named(connection: Connection, charge_id: int, ours: frozenset[str]) -> bool:
    """Whether one of these identifiers is a refund's of the charge."""
    arguments = {"charge": charge_id, "ours": sorted(ours)}
    return bool(connection.execute(_NAMED, arguments).scalar_one())


_IN_FLIGHT: Final = text("""
    SELECT EXISTS (SELECT FROM refunds WHERE charge_id = :charge AND status = 'pending'
                   AND stray_capture_id IS NOT DISTINCT FROM CAST(:stray AS bigint)
                   AND origin = 'ours' AND provider_reference IS NULL)
""")


def is_any_in_flight(connection: Connection, charge_id: int, stray_id: int | None) -> bool:
    """Whether a refund of ours may be at the provider under a name that we do not know yet.

    Of the charge's payment, or of that stray capture.
    """
    arguments = {"charge": charge_id, "stray": stray_id}
    return bool(connection.execute(_IN_FLIGHT, arguments).scalar_one())


_STORE_FOREIGN: Final = text("""
    INSERT INTO refunds (identifier, charge_id, stray_capture_id, provider, provider_reference,
                         origin, amount_minor, currency, status, next_attempt_at,
                         dispatch_at, created_at, updated_at)
    SELECT :identifier, id, :stray, provider, :reference, 'provider', :amount, :currency,
           'pending', :now, :now, :now, :now
    FROM charges WHERE id = :charge RETURNING id
""")


def store_foreign(
    connection: Connection,
    charge_id: int,
    stray_id: int | None,
    identifier: UUID,
    fact: RefundFact,
    now: datetime,
) -> int:
    """Keep a refund that was made at the provider, as pending: the fact is yet to settle it."""
    arguments = {
        "identifier": identifier,
        "charge": charge_id,
        "stray": stray_id,
        "reference": fact.refund_reference,
        "amount": fact.money.amount_minor,
        "currency": fact.money.currency,
        "now": now,
    }
    return int(connection.execute(_STORE_FOREIGN, arguments).scalar_one())


_SUM: Final = text("""
    WITH told AS (
        SELECT coalesce(sum(amount_minor), 0) AS total FROM refunds
        WHERE charge_id = :charge AND stray_capture_id IS NULL AND status = 'succeeded'
    ), before AS (SELECT amount_refunded_minor FROM charges WHERE id = :charge)
    UPDATE charges c SET updated_at = :now,
        amount_refunded_minor = least(told.total, c.amount_captured_minor)
    FROM told, before WHERE c.id = :charge
    RETURNING told.total, c.amount_captured_minor AS captured,
              before.amount_refunded_minor AS before
""")


@dataclass(frozen=True, slots=True)
class Sum:
    """What went back of a charge, in minor units."""

    total: int
    captured: int
    before: int
    """What the charge said of it until now."""

    @property
    def is_too_much(self) -> bool:
        """More went back than was ever captured."""
        return self.total > self.captured

    @property
    def is_whole_now(self) -> bool:
        """All of it has gone back, and had not before."""
        return 0 < self.captured <= self.total and self.before < self.captured


def sum_refunds(connection: Connection, charge_id: int, now: datetime) -> Sum:
    """Write onto the locked charge what its payment's refunds come to, never more than that."""
    row = connection.execute(_SUM, {"charge": charge_id, "now": now}).one()
    return Sum(int(row.total), row.captured, row.before)


_UPDATE: Final = update(table).where(table.c.id == bindparam("refund"))


def update_refund(connection: Connection, refund_id: int, values: dict[str, Any]) -> None:
    """Write the named columns: called by the refunds' one door only."""
    connection.execute(_UPDATE, {"refund": refund_id} | values)


_APPEND: Final = insert(refund_transitions)


def record_transition(
    connection: Connection,
    refund: Refund,
    decision: RefundDecision,
    *,
    at: datetime,
    actor: str,
    evidence: dict[str, Any] | None,
) -> None:
    """Append who moved the refund, from where, to where, why."""
    move = {
        "refund_id": refund.id,
        "at": at,
        "actor": actor,
        "event": decision.event,
        "from_status": refund.status,
        "to_status": decision.status,
        "reason": decision.reason,
        "evidence": evidence,
    }
    connection.execute(_APPEND, move)


def refund_of(row: RowMapping) -> Refund:
    """A refund's row, joined with its charge's capture, as decisions see it."""
    return Refund(
        id=row["id"],
        identifier=row["identifier"],
        charge_id=row["charge_id"],
        origin=Origin(row["origin"]),
        status=RefundStatus(row["status"]),
        money=Money(row["amount_minor"], row["currency"]),
        provider_reference=row["provider_reference"],
        capture_reference=row["capture_reference"],
        stray_capture_id=row["stray_capture_id"],
        claim_number=row["claim_number"],
        tries=row["tries"],
        maybe_executed=row["maybe_executed"],
        created_at=row["created_at"],
        started_at=row["started_at"],
    )
