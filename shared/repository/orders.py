"""Orders as the ticketing platform tells them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from shared.domain.charge import OrderStatus


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
    refunded_minor: int
    """What went back of its charges; the order keeps its status whatever that is."""


_READ: Final = """
    SELECT o.*, e.organizer_ids,
           (SELECT coalesce(sum(c.amount_refunded_minor), 0) FROM charges c
            WHERE c.order_id = o.id) AS refunded_minor
    FROM orders o JOIN events e ON e.id = o.event_id
"""
_NAMED: Final = "WHERE o.id = :id OR o.identifier = :identifier"
_READ_ORDER: Final = text(f"{_READ} {_NAMED}")
_LOCK_ORDER: Final = text(f"{_READ} {_NAMED} FOR NO KEY UPDATE OF o")


def read_order(
    connection: Connection, row_id: int | None, identifier: UUID | None, *, lock: bool = False
) -> StoredOrder | None:
    """An order named by primary key or identifier; locked, if its charges are about to matter."""
    arguments = {"id": row_id, "identifier": identifier}
    row = (
        connection.execute(_LOCK_ORDER if lock else _READ_ORDER, arguments).mappings().one_or_none()
    )
    return None if row is None else _stored_order(row)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which orders: those that `user_id` may see (None: all), and how many of them.

    `before` is the id of the order that the page comes after: the newest stand first.
    """

    user_id: str | None
    status: OrderStatus | None
    event: str | None
    before: int | None
    most: int


# Two ways to be allowed, each with its index; an OR over both would read the whole table.
_MINE: Final = "o.user_id = :user_id"
_MY_EVENTS: Final = """
    o.event_id IN (SELECT id FROM events WHERE organizer_ids @> ARRAY[CAST(:user_id AS text)])
"""
_SELECTED: Final = """
    (CAST(:status AS text) IS NULL OR o.status = :status)
    AND (CAST(:event AS text) IS NULL OR e.identifier = :event)
    AND (CAST(:before AS bigint) IS NULL OR o.id < :before)
    ORDER BY o.id DESC LIMIT :most
"""
_LIST_OWN: Final = text(f"""
    ({_READ} WHERE {_MINE} AND {_SELECTED}) UNION ({_READ} WHERE {_MY_EVENTS} AND {_SELECTED})
    ORDER BY id DESC LIMIT :most
""")
_LIST_ALL: Final = text(f"{_READ} WHERE {_SELECTED}")


def list_orders(connection: Connection, selection: Selection) -> list[StoredOrder]:
    """The selected orders, the newest first."""
    statement = _LIST_ALL if selection.user_id is None else _LIST_OWN
    rows = connection.execute(statement, asdict(selection)).mappings()
    return [_stored_order(row) for row in rows]


_CANCEL: Final = text("""
    UPDATE orders o SET status = 'cancelled', updated_at = :now
    WHERE o.id = :id AND o.status = 'pending' AND NOT EXISTS (
        SELECT FROM charges c WHERE c.order_id = o.id AND c.status NOT IN ('failed', 'canceled'))
""")


def cancel_order(connection: Connection, order_id: int, now: datetime) -> bool:
    """Cancel the locked order; False while it is not pending, or a charge may still pay it."""
    return connection.execute(_CANCEL, {"id": order_id, "now": now}).rowcount == 1


def _stored_order(row: RowMapping) -> StoredOrder:
    names = Order.__dataclass_fields__
    return StoredOrder(
        id=row["id"],
        order=Order(**{name: row[name] for name in names}),
        status=OrderStatus(row["status"]),
        organizer_ids=frozenset(row["organizer_ids"]),
        completed_at=row["completed_at"],
        created_at=row["created_at"],
        refunded_minor=int(row["refunded_minor"]),
    )
