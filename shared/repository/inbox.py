"""The inbox: every verified webhook event, raw, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from shared.domain.charge import Provider
from shared.providers.base import ProviderEvent
from shared.tables import webhook_events


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event that waits to be handled."""

    id: int
    provider: Provider
    event_type: str
    account: str | None
    body: bytes
    tries: int


def store_event(
    connection: Connection, provider: Provider, event: ProviderEvent, body: bytes, now: datetime
) -> bool:
    """Keep the raw event, due at once; False where this event is already here."""
    statement = (
        insert(webhook_events)
        .values(
            provider=provider,
            event_id=event.event_id,
            event_type=event.event_type,
            account=event.account,
            body=body,
            created_at=event.created_at,
            received_at=now,
            dispatch_at=now,
        )
        .on_conflict_do_nothing(constraint="uq_webhook_events_event")
        .returning(webhook_events.c.id)
    )
    return connection.execute(statement).one_or_none() is not None


def unhandled_event(
    connection: Connection, event_id: int, *, lock: bool = False
) -> StoredEvent | None:
    """The stored event, or None where its handling is already on record."""
    table = webhook_events.c
    columns = (table.id, table.provider, table.event_type, table.account, table.body, table.tries)
    query = select(*columns).where(table.id == event_id, table.handled_at.is_(None))
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        return None
    return StoredEvent(
        row.id, Provider(row.provider), row.event_type, row.account, row.body, row.tries
    )


def finish_event(
    connection: Connection, event_id: int, result: str, charge_id: int | None, now: datetime
) -> None:
    """Put on record that the event was handled: the proof that it was applied."""
    _write(
        connection, event_id, result=result, charge_id=charge_id, handled_at=now, dispatch_at=None
    )


def postpone_event(connection: Connection, event_id: int, tries: int, until: datetime) -> None:
    """Try the event again later."""
    _write(connection, event_id, tries=tries, dispatch_at=until)


def _write(connection: Connection, event_id: int, **values: object) -> None:
    connection.execute(
        update(webhook_events).where(webhook_events.c.id == event_id).values(**values)
    )
