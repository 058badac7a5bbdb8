"""What happens to captured money: refunds and disputes as the providers tell of them."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import uuid4

from sqlalchemy import Connection, text

from shared.domain.charge import Provider
from shared.providers.base import DisputeFact, RefundFact

_STORE_REFUND: Final = text("""
    INSERT INTO refunds (identifier, charge_id, provider, provider_reference, amount_minor,
                         currency, status, created_at, updated_at)
    VALUES (:identifier, :charge, :provider, :reference, :amount, :currency, :status, :now, :now)
    ON CONFLICT ON CONSTRAINT uq_refunds_provider_reference
    DO UPDATE SET status = excluded.status, updated_at = excluded.updated_at
    WHERE refunds.status NOT IN ('failed', 'canceled')
""")

_SUM_REFUNDS: Final = text("""
    UPDATE charges SET updated_at = :now, amount_refunded_minor =
        (SELECT coalesce(sum(amount_minor), 0) FROM refunds
         WHERE charge_id = :charge AND status = 'succeeded')
    WHERE id = :charge
""")

_STORE_DISPUTE: Final = text("""
    INSERT INTO disputes (charge_id, provider, provider_reference, amount_minor, currency, status,
                          reason, created_at, updated_at)
    VALUES (:charge, :provider, :reference, :amount, :currency, :status, :reason, :now, :now)
    ON CONFLICT ON CONSTRAINT uq_disputes_provider_reference
    DO UPDATE SET status = excluded.status, updated_at = excluded.updated_at
    WHERE disputes.status = 'open'
""")


def record_refund(
    connection: Connection, charge_id: int, provider: Provider, fact: RefundFact, now: datetime
) -> None:
    """Keep one row per refund of the provider's, whoever asked for it, with the charge's sum.

    A refund that failed stays failed; one that succeeded may still fail (Stripe, refund.failed).
    """
    arguments = {
        "identifier": uuid4(),
        "charge": charge_id,
        "provider": provider,
        "reference": fact.refund_reference,
        "amount": fact.money.amount_minor,
        "currency": fact.money.currency,
        "status": fact.status,
        "now": now,
    }
    connection.execute(_STORE_REFUND, arguments)
    connection.execute(_SUM_REFUNDS, {"charge": charge_id, "now": now})


def record_dispute(
    connection: Connection, charge_id: int, provider: Provider, fact: DisputeFact, now: datetime
) -> None:
    """Keep one row per dispute; a closed one does not open again by a late event."""
    arguments = {
        "charge": charge_id,
        "provider": provider,
        "reference": fact.dispute_reference,
        "amount": fact.money.amount_minor,
        "currency": fact.money.currency,
        "status": fact.status,
        "reason": fact.reason,
        "now": now,
    }
    connection.execute(_STORE_DISPUTE, arguments)
