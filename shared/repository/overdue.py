"""What is overdue: charges past their deadline, orders and keys past their time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from shared.domain.charge import Provider

KEYS_KEPT: Final = timedelta(days=30)
"""Longer than every provider's own window, as the contract promises."""


@dataclass(frozen=True, slots=True)
class OverdueCharge:
    """A charge that the payer or the provider keeps waiting."""

    id: int
    provider: Provider
    provider_reference: str
    account: str | None


_TAKE_OVERDUE: Final = text("""
    UPDATE charges SET deadline_at = :again WHERE id IN (
        SELECT id FROM charges
        WHERE deadline_at <= :now AND provider_reference IS NOT NULL AND parked_reason IS NULL
        ORDER BY deadline_at LIMIT 100 FOR NO KEY UPDATE SKIP LOCKED
    ) RETURNING id, provider, provider_reference, account
""")


def take_overdue(connection: Connection, *, now: datetime, again: datetime) -> list[OverdueCharge]:
    """Charges past their deadline, put off to `again`; two callers never get the same."""
    rows = connection.execute(_TAKE_OVERDUE, {"now": now, "again": again})
    return [
        OverdueCharge(row.id, Provider(row.provider), row.provider_reference, row.account)
        for row in rows
    ]


_LOCK_EXPIRED: Final = text("""
    SELECT id FROM orders WHERE status = 'pending' AND expires_at <= :now
    ORDER BY expires_at LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED
""")

_EXPIRE: Final = text("""
    UPDATE orders o SET status = 'expired', updated_at = :now
    WHERE o.id = ANY(:ids) AND NOT EXISTS (
        SELECT FROM charges c WHERE c.order_id = o.id AND c.status NOT IN ('failed', 'canceled'))
""")


def expire_orders(connection: Connection, now: datetime) -> int:
    """Expire unpaid orders past their time, but never one with a charge that may still pay it.

    A charge is accepted only under its order's lock. Only a statement that begins after the lock
    is held sees every charge, so there are two of them.
    """
    ids = connection.execute(_LOCK_EXPIRED, {"now": now}).scalars().all()
    return connection.execute(_EXPIRE, {"now": now, "ids": ids}).rowcount if ids else 0


def forget_old_keys(connection: Connection, now: datetime) -> int:
    """Drop the callers' idempotency keys that are past their promise."""
    statement = text("DELETE FROM idempotency_keys WHERE created_at < :before")
    return connection.execute(statement, {"before": now - KEYS_KEPT}).rowcount
