"""Intake: the order that is to be charged, its new charge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row

from shared.db import reading
from shared.domain.charge import SETTLED, OrderStatus, Provider, Status
from shared.domain.money import Money
from shared.repository.idempotency import CallerKey, StoredAnswer


@dataclass(frozen=True, slots=True)
class OrderKey:
    """How a client names a row: by primary key or by identifier; one of them is None."""

    id: int | None
    identifier: UUID | None


@dataclass(frozen=True, slots=True)
class EventAuthorization:
    """The organizer's Stripe account that an event's orders are charged on."""

    id: int
    account: str
    livemode: bool
    is_revoked: bool


@dataclass(frozen=True, slots=True)
class StandingCharge:
    """The order's charge that neither failed nor was canceled."""

    id: int
    fingerprint: bytes
    is_live: bool


@dataclass(frozen=True, slots=True)
class Target:
    """A locked order with everything that decides whether it may be charged."""

    order_id: int
    user_id: str
    organizer_ids: frozenset[str]
    money: Money | None
    payment_mode: str
    status: OrderStatus
    accepts: frozenset[Provider]
    standing: StandingCharge | None
    answered: StoredAnswer | None
    """What the caller's key was answered before."""
    authorization: EventAuthorization | None


_COLUMNS: Final = """
    o.id, o.user_id, o.amount_minor, o.currency, o.payment_mode, o.status, o.expires_at,
    e.can_pay_by_stripe, e.can_pay_by_paypal, e.organizer_ids,
    c.id AS charge_id, c.instrument_fingerprint, c.status AS charge_status,
    k.fingerprint AS keyed_fingerprint, k.status AS keyed_status, k.location, k.body,
    a.id AS authorization_id, a.account, a.livemode, a.revoked_at
"""

# Two statements in one round trip. Whoever waited for the lock would read in one statement what
# stood before it, and not the charge that the holder of the lock has just made.
_TARGET: Final = reading(
    _COLUMNS,
    f"""
    SELECT FROM orders WHERE id = :id OR identifier = :identifier FOR NO KEY UPDATE;
    SELECT {_COLUMNS}
    FROM orders o
    JOIN events e ON e.id = o.event_id
    LEFT JOIN charges c ON c.order_id = o.id AND c.status NOT IN ('failed', 'canceled')
    LEFT JOIN idempotency_keys k
        ON k.user_id = :user_id AND k.route = :route AND k.key = :key
    LEFT JOIN stripe_authorizations a ON a.event_id = o.event_id
    WHERE o.id = :id OR o.identifier = :identifier
    ORDER BY c.id DESC NULLS LAST LIMIT 1
    """,  # noqa: S608 - the columns are a constant
)


def lock_target(
    connection: Connection, order: OrderKey, caller: CallerKey, now: datetime
) -> Target | None:
    """Lock the order that is to be charged; None where there is none."""
    if order.id is None and order.identifier is None:
        return None
    arguments = {
        "id": order.id,
        "identifier": order.identifier,
        "user_id": caller.user_id,
        "route": caller.route,
        "key": caller.key,
    }
    row = connection.execute(_TARGET, arguments).one_or_none()
    if row is None:
        return None
    past = row.status == OrderStatus.PENDING and row.expires_at and row.expires_at <= now
    accepted = {Provider.STRIPE: row.can_pay_by_stripe, Provider.PAYPAL: row.can_pay_by_paypal}
    return Target(
        order_id=row.id,
        user_id=row.user_id,
        organizer_ids=frozenset(row.organizer_ids),
        money=Money(row.amount_minor, row.currency) if row.amount_minor else None,
        payment_mode=row.payment_mode,
        status=OrderStatus.EXPIRED if past else OrderStatus(row.status),
        accepts=frozenset(provider for provider, allowed in accepted.items() if allowed),
        standing=_standing(row),
        answered=_answered(row),
        authorization=_authorization(row),
    )


@dataclass(frozen=True, slots=True)
class NewCharge:
    """A charge to be accepted."""

    identifier: UUID
    order_id: int
    provider: Provider
    money: Money
    sealed_instrument: bytes | None
    fingerprint: bytes
    authorization: EventAuthorization | None = None
    """Whose account is charged; None is the platform's own."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a new charge: its id, or None; and the order its instrument belongs to."""

    charge_id: int | None
    instrument_order_id: int


_ACCEPT: Final = reading(
    "charge_id, instrument_order_id",
    """
    WITH instrument AS (
        INSERT INTO instruments (fingerprint, order_id) VALUES (:fingerprint, :order_id)
        ON CONFLICT (fingerprint) DO UPDATE SET order_id = instruments.order_id
        RETURNING order_id
    ), standing AS (
        SELECT id FROM stripe_authorizations
        WHERE id = :authorization AND account = :account AND revoked_at IS NULL FOR SHARE
    ), charge AS (
        INSERT INTO charges (identifier, order_id, provider, status, amount_minor, currency,
                             account, instrument, instrument_fingerprint, next_attempt_at,
                             dispatch_at, created_at, updated_at)
        SELECT :identifier, :order_id, :provider, 'accepted', :amount, :currency, :account,
               :instrument, :fingerprint, :now, :now, :now, :now
        FROM instrument WHERE instrument.order_id = :order_id
          AND (CAST(:authorization AS bigint) IS NULL OR EXISTS (SELECT FROM standing))
        ON CONFLICT DO NOTHING RETURNING id
    )
    SELECT charge.id AS charge_id, instrument.order_id AS instrument_order_id
    FROM instrument LEFT JOIN charge ON true
    """,
)


def accept_charge(connection: Connection, new: NewCharge, now: datetime) -> Accepted:
    """Store the charge, due at once, with its instrument's claim to the order.

    One statement; the database refuses a second live charge, another order's instrument or an
    authorization that was revoked since it was read, and then nothing is stored. Who revokes one
    waits for the charges that are being accepted on it.
    """
    charged = new.authorization
    arguments: dict[str, Any] = {
        "identifier": new.identifier,
        "order_id": new.order_id,
        "provider": new.provider,
        "amount": new.money.amount_minor,
        "currency": new.money.currency,
        "instrument": new.sealed_instrument,
        "fingerprint": new.fingerprint,
        "authorization": charged.id if charged else None,
        "account": charged.account if charged else None,
        "now": now,
    }
    row = connection.execute(_ACCEPT, arguments).one()
    return Accepted(row.charge_id, row.instrument_order_id)


def _answered(row: Row[Any]) -> StoredAnswer | None:
    if row.keyed_status is None:
        return None
    return StoredAnswer(bytes(row.keyed_fingerprint), row.keyed_status, row.location, row.body)


def _authorization(row: Row[Any]) -> EventAuthorization | None:
    if row.authorization_id is None:
        return None
    is_revoked = row.revoked_at is not None
    return EventAuthorization(row.authorization_id, row.account, row.livemode, is_revoked)


def _standing(row: Row[Any]) -> StandingCharge | None:
    if row.charge_id is None:
        return None
    is_live = Status(row.charge_status) not in SETTLED
    return StandingCharge(row.charge_id, bytes(row.instrument_fingerprint), is_live)
