"""The catalogue: events and orders as the ticketing platform tells them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from shared.domain.charge import OrderStatus


@dataclass(frozen=True, slots=True)
class Event:
    """An event whose orders are charged."""

    identifier: str
    name: str
    currency: str
    can_pay_by_stripe: bool
    can_pay_by_paypal: bool
    paypal_email: str | None
    organizer_ids: list[str]


@dataclass(frozen=True, slots=True)
class Order:
    """An order to be paid; `amount_minor` is None where nothing is."""

    identifier: UUID
    event_id: int
    user_id: str
    amount_minor: int | None
    currency: str
    payment_mode: str
    expires_at: datetime | None


_STORE_EVENT: Final = text("""
    INSERT INTO events (identifier, name, currency, can_pay_by_stripe, can_pay_by_paypal,
                        paypal_email, organizer_ids, created_at, updated_at)
    VALUES (:identifier, :name, :currency, :can_pay_by_stripe, :can_pay_by_paypal,
            :paypal_email, :organizer_ids, :now, :now)
    ON CONFLICT ON CONSTRAINT uq_events_identifier DO UPDATE SET
        name = excluded.name, currency = excluded.currency,
        can_pay_by_stripe = excluded.can_pay_by_stripe,
        can_pay_by_paypal = excluded.can_pay_by_paypal,
        paypal_email = excluded.paypal_email, organizer_ids = excluded.organizer_ids,
        updated_at = excluded.updated_at
    RETURNING id, xmax = 0 AS is_new
""")


def store_event(connection: Connection, event: Event, now: datetime) -> tuple[int, bool]:
    """Insert or update the event by its identifier; its id, and whether it is new."""
    row = connection.execute(_STORE_EVENT, asdict(event) | {"now": now}).one()
    return row.id, row.is_new


_FIND_EVENT: Final = text("SELECT id FROM events WHERE id = :id OR identifier = :identifier")


def find_event(connection: Connection, row_id: int | None, identifier: str | None) -> int | None:
    """The id of an event named by primary key or identifier."""
    arguments = {"id": row_id, "identifier": identifier}
    return connection.execute(_FIND_EVENT, arguments).scalar_one_or_none()


_STORE_ORDER: Final = text("""
    INSERT INTO orders (identifier, event_id, user_id, amount_minor, currency, payment_mode,
                        status, expires_at, created_at, updated_at)
    VALUES (:identifier, :event_id, :user_id, :amount_minor, :currency, :payment_mode,
            'pending', :expires_at, :now, :now)
    ON CONFLICT ON CONSTRAINT uq_orders_identifier DO NOTHING RETURNING id
""")


def store_order(connection: Connection, order: Order, now: datetime) -> int | None:
    """Insert the order; None where its identifier is taken."""
    return connection.execute(_STORE_ORDER, asdict(order) | {"now": now}).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """An order as it stands, with who may see it."""

    id: int
    order: Order
    status: OrderStatus
    organizer_ids: frozenset[str]
    completed_at: datetime | None
    created_at: datetime


_READ_ORDER: Final = text("""
    SELECT o.*, e.organizer_ids FROM orders o JOIN events e ON e.id = o.event_id
    WHERE o.id = :id OR o.identifier = :identifier
""")


def read_order(
    connection: Connection, row_id: int | None, identifier: UUID | None
) -> StoredOrder | None:
    """An order named by primary key or identifier."""
    arguments = {"id": row_id, "identifier": identifier}
    row = connection.execute(_READ_ORDER, arguments).mappings().one_or_none()
    return None if row is None else _stored_order(row)


def _stored_order(row: RowMapping) -> StoredOrder:
    names = Order.__dataclass_fields__
    return StoredOrder(
        id=row["id"],
        order=Order(**{name: row[name] for name in names}),
        status=OrderStatus(row["status"]),
        organizer_ids=frozenset(row["organizer_ids"]),
        completed_at=row["completed_at"],
        created_at=row["created_at"],
    )
