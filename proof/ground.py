"""The grounds that a world may stand on: the database in memory, or Postgres itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, cast

from sqlalchemy import Connection, Engine, select

from proof.memory import MemoryEngine
from proof.stage import pause
from proof.tables import Row
from proof.world import DAWN, ORDER, PRICE
from shared import tables as schema
from shared.domain.charge import OrderStatus
from shared.repository.events import Event, store_event
from shared.repository.orders import Order, store_order

_ORDER: Final = {
    "identifier": ORDER,
    "event_id": 1,
    "user_id": "buyer",
    "amount_minor": PRICE.amount_minor,
    "currency": PRICE.currency,
    "status": OrderStatus.PENDING,
    "expires_at": None,
    "created_at": DAWN,
    "updated_at": DAWN,
}


class MemoryGround:
    """The database in memory, with the order in it."""

    def __init__(self) -> None:
        self._engine = MemoryEngine()
        self.order_id: int = self._engine.tables.insert("orders", _ORDER)["id"]

    def begin(self) -> AbstractContextManager[Connection]:
        """A transaction, whose connection takes the statements that it was taught."""
        return cast("AbstractContextManager[Connection]", self._engine.begin())

    def rows(self, table: str) -> list[Row]:
        """All rows of the table."""
        return list(self._engine.tables.rows[table].values())

    def version(self) -> int:
        """Another number after each write."""
        return self._engine.tables.writes


class PostgresGround:
    """A real database inside one transaction of the caller's, so that nothing of it stays."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._version = 0
        self.order_id = _store_order(connection)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction within the caller's: a savepoint."""
        with self._connection.begin_nested():
            yield self._connection
        pause("committed")

    def rows(self, table: str) -> list[Row]:
        """All rows of the table."""
        return _read(self._connection, table)

    def version(self) -> int:
        """Always another number: only the database knows."""
        self._version += 1
        return self._version


class CommittedGround:
    """A real, empty database of its own, with transactions that commit and may meet."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._version = 0
        with engine.begin() as connection:
            self.order_id = _store_order(connection)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction."""
        with self._engine.begin() as connection:
            yield connection
        pause("committed")

    def rows(self, table: str) -> list[Row]:
        """All rows of the table."""
        with self._engine.connect() as connection:
            return _read(connection, table)

    def version(self) -> int:
        """Always another number: only the database knows."""
        self._version += 1
        return self._version


_CONCERT: Final = Event(
    identifier="concert",
    name="A concert",
    currency=PRICE.currency,
    can_pay_by_stripe=True,
    can_pay_by_paypal=True,
    paypal_email=None,
    organizer_ids=[],
)


def _store_order(connection: Connection) -> int:
    event_id, _ = store_event(connection, _CONCERT, DAWN)
    order = Order(
        identifier=ORDER,
        event_id=event_id,
        user_id="buyer",
        amount_minor=PRICE.amount_minor,
        currency=PRICE.currency,
        payment_mode="stripe",
        expires_at=None,
    )
    stored = store_order(connection, order, DAWN)
    assert stored is not None, "the database is not empty"
    return stored


def _read(connection: Connection, table: str) -> list[Row]:
    columns = schema.METADATA.tables[table]
    found = connection.execute(select(columns).order_by(columns.c.id)).mappings()
    return [dict(row) for row in found]
