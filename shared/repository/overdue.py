"""What is overdue: charges past their deadline, orders and keys past their time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from shared.domain.charge import Provider, Status
from shared.repository.circuits import MAY_BE_READ

KEYS_KEPT: Final = timedelta(days=30)
"""Longer than every provider's own window, as the contract promises."""
MOST_KEYS: Final = 5_000
"""Keys that are forgotten in one transaction, so that it holds nothing up."""


@dataclass(frozen=True, slots=True)
class OverdueCharge:
    """A charge that the payer or the provider keeps waiting."""

    id: int
    provider: Provider
    provider_reference: str
    account: str | None


_TAKE_OVERDUE: Final = text(f"""
    UPDATE charges c SET deadline_at = looks.again
    FROM unnest(CAST(:statuses AS text[]), CAST(:again AS timestamptz[])) AS looks (status, again)
    WHERE looks.status = c.status AND c.id IN (
        SELECT id FROM charges AS asked
        WHERE deadline_at <= :now AND provider_reference IS NOT NULL AND parked_reason IS NULL
          AND status = ANY(:statuses) AND provider = ANY(:providers) AND {MAY_BE_READ}
        ORDER BY deadline_at LIMIT 100 FOR NO KEY UPDATE SKIP LOCKED
    ) RETURNING c.id, c.provider, c.provider_reference, c.account
""")  # noqa: S608 - a constant


def take_overdue(
    connection: Connection,
    providers: Iterable[Provider],
    *,
    now: datetime,
    again: Mapping[Status, datetime],
) -> list[OverdueCharge]:
    """Charges past their deadline in these states, each put off; two callers never get the same.

    Of an account whose circuit rests or is paused none.
    """
    arguments = {
        "providers": list(providers),
        "now": now,
        "statuses": list(again),
        "again": list(again.values()),
    }
    rows = connection.execute(_TAKE_OVERDUE, arguments)
    return [
        OverdueCharge(row.id, Provider(row.provider), row.provider_reference, row.account)
        for row in rows
    ]


PAYERS_STAY: Final = timedelta(days=3)
"""As long as PayPal keeps an order that nobody approves."""

_CALL_OFF: Final = text("""
    UPDATE charges c SET cancel_requested_at = :now, dispatch_at = :now, updated_at = :now
    FROM orders o
    WHERE o.id = c.order_id AND c.status = 'requires_action' AND c.deadline_at IS NOT NULL
      AND c.cancel_requested_at IS NULL AND c.parked_reason IS NULL AND c.created_at <= :patience
      AND (o.expires_at <= :now OR c.created_at <= :longest)
""")


def call_off_abandoned(connection: Connection, now: datetime, patience: timedelta) -> int:
    """Call off the charges whose payer did not act in that time, and whose order is past its own.

    Of an order without an end those that wait for three days. How many.
    """
    arguments = {"now": now, "patience": now - patience, "longest": now - PAYERS_STAY}
    return connection.execute(_CALL_OFF, arguments).rowcount


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


_FORGET_KEYS: Final = text("""
    DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM idempotency_keys WHERE created_at < :before
        ORDER BY created_at LIMIT :most FOR UPDATE SKIP LOCKED))
""")


def forget_old_keys(connection: Connection, now: datetime) -> int:
    """Drop callers' idempotency keys that are past their promise, MOST_KEYS of them at most."""
    arguments = {"before": now - KEYS_KEPT, "most": MOST_KEYS}
    return connection.execute(_FORGET_KEYS, arguments).rowcount
