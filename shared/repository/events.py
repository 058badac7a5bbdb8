"""Events as the ticketing platform tells them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, text, update

from shared.tables import events


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


_FIND_EVENT: Final = text("SELECT * FROM events WHERE id = :id OR identifier = :identifier")


def find_event(
    connection: Connection, row_id: int | None, identifier: str | None
) -> tuple[int, Event] | None:
    """An event named by primary key or identifier, with its id."""
    arguments = {"id": row_id, "identifier": identifier}
    row = connection.execute(_FIND_EVENT, arguments).mappings().one_or_none()
    return None if row is None else (row["id"], _event(row))


def update_event(
    connection: Connection, event_id: int, changes: dict[str, Any], now: datetime
) -> Event:
    """Change what is given of the event."""
    statement = update(events).where(events.c.id == event_id).returning(events)
    row = connection.execute(statement.values(changes | {"updated_at": now})).mappings().one()
    return _event(row)


def _event(row: RowMapping) -> Event:
    return Event(**{name: row[name] for name in Event.__dataclass_fields__})
