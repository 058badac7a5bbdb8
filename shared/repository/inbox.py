"""The inbox: every verified webhook event, raw, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from shared.domain.charge import Provider
from shared.providers.base import ProviderEvent
from shared.tables import webhook_events


class FoundBy(StrEnum):
    """How an event came here."""

    WEBHOOK = "webhook"
    EVENT_LIST = "event_list"  # its webhook was lost, or was slower than our reading


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event that waits to be handled."""

    id: int
    provider: Provider
    event_type: str
    account: str | None
    body: bytes
    tries: int


_STORE: Final = (
    insert(webhook_events)
    .on_conflict_do_nothing(constraint="uq_webhook_events_event")
    .returning(webhook_events.c.id)
)


def store_event(
    connection: Connection,
    provider: Provider,
    event: ProviderEvent,
    body: bytes,
    now: datetime,
    found_by: FoundBy = FoundBy.WEBHOOK,
) -> bool:
    """Keep the raw event, due at once; False where this event is already here."""
    due = {"received_at": now, "dispatch_at": now, "found_by": found_by}
    return _store(connection, provider, event, body, due)


def store_ignored(
    connection: Connection, provider: Provider, event: ProviderEvent, body: bytes, now: datetime
) -> bool:
    """Keep an event that nobody has to handle."""
    handled = {"received_at": now, "dispatch_at": None, "handled_at": now, "result": "ignored"}
    return _store(connection, provider, event, body, handled)


def _store(
    connection: Connection,
    provider: Provider,
    event: ProviderEvent,
    body: bytes,
    course: Mapping[str, object],
) -> bool:
    values = {
        "provider": provider,
        "event_id": event.event_id,
        "event_type": event.event_type,
        "account": event.account,
        "body": body,
        "created_at": event.created_at,
    }
    return connection.execute(_STORE, {**values, **course}).one_or_none() is not None


_EVENT: Final = webhook_events.c
_UNHANDLED: Final = select(
    _EVENT.id, _EVENT.provider, _EVENT.event_type, _EVENT.account, _EVENT.body, _EVENT.tries
).where(_EVENT.id == bindparam("event"), _EVENT.handled_at.is_(None))
_UNHANDLED_LOCKED: Final = _UNHANDLED.with_for_update()


def unhandled_event(
    connection: Connection, event_id: int, *, lock: bool = False
) -> StoredEvent | None:
    """The stored event, or None where its handling is already on record."""
    query = _UNHANDLED_LOCKED if lock else _UNHANDLED
    row = connection.execute(query, {"event": event_id}).one_or_none()
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


_WRITE: Final = update(webhook_events).where(_EVENT.id == bindparam("event"))


def _write(connection: Connection, event_id: int, **values: object) -> None:
    connection.execute(_WRITE, {"event": event_id} | values)
