"""The inbox: every verified webhook event, raw, once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, select, text, update
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
    created_at: datetime


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


_KNOWN: Final = select(webhook_events.c.event_id).where(
    webhook_events.c.provider == bindparam("provider"),
    webhook_events.c.event_id.in_(bindparam("events", expanding=True)),
)


def known_events(
    connection: Connection, provider: Provider, event_ids: Iterable[str]
) -> frozenset[str]:
    """Which of these events are here already."""
    arguments = {"provider": provider, "events": list(event_ids)}
    return frozenset(connection.execute(_KNOWN, arguments).scalars())


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
    _EVENT.id,
    _EVENT.provider,
    _EVENT.event_type,
    _EVENT.account,
    _EVENT.body,
    _EVENT.tries,
    _EVENT.created_at,
).where(_EVENT.id == bindparam("event"), _EVENT.handled_at.is_(None))
_LOCK_UNHANDLED: Final = _UNHANDLED.with_only_columns(_EVENT.id).with_for_update()


def unhandled_event(connection: Connection, event_id: int) -> StoredEvent | None:
    """The stored event, or None where its handling is already on record."""
    row = connection.execute(_UNHANDLED, {"event": event_id}).one_or_none()
    return None if row is None else _event(row)


def lock_unhandled(connection: Connection, event_id: int) -> bool:
    """Lock the event; False where its handling is already on record."""
    return connection.execute(_LOCK_UNHANDLED, {"event": event_id}).one_or_none() is not None


_ANY: Final = select(*_UNHANDLED.selected_columns, _EVENT.result).where(
    _EVENT.id == bindparam("event")
)


def any_event(connection: Connection, event_id: int) -> tuple[StoredEvent, str | None] | None:
    """The stored event, handled or not, with what was made of it."""
    row = connection.execute(_ANY, {"event": event_id}).one_or_none()
    return None if row is None else (_event(row), row.result)


_REDRIVE: Final = text("""
    WITH former AS (
        SELECT id, result, handled_at FROM webhook_events
        WHERE id = :event AND handled_at IS NOT NULL FOR UPDATE
    ), due AS (
        UPDATE webhook_events e SET handled_at = NULL, result = NULL, tries = 0, dispatch_at = :now
        FROM former WHERE e.id = former.id
    )
    INSERT INTO webhook_event_redrives (event_id, at, actor, reason, former_result,
                                        former_handled_at)
    SELECT id, :now, :actor, :reason, result, handled_at FROM former RETURNING id
""")


def redrive_event(
    connection: Connection, event_id: int, actor: str, reason: str, now: datetime
) -> bool:
    """Make a handled event due again, and put on record why; False where it is none."""
    arguments = {"event": event_id, "actor": actor, "reason": reason, "now": now}
    return connection.execute(_REDRIVE, arguments).one_or_none() is not None


_HASTEN: Final = text("""
    UPDATE webhook_events SET tries = 0, dispatch_at = :now
    WHERE id = :event AND handled_at IS NULL
""")


def hasten_event(connection: Connection, event_id: int, now: datetime) -> bool:
    """Make an event that waits to be handled due now; False where it is none."""
    return connection.execute(_HASTEN, {"event": event_id, "now": now}).rowcount > 0


def finish_event(
    connection: Connection, event_id: int, result: str, charge_id: int | None, now: datetime
) -> None:
    """Put on record that the event was handled: the proof that it was applied."""
    _write(
        connection,
        event_id,
        result=result,
        charge_id=charge_id,
        handled_at=now,
        dispatch_at=None,
        failure=None,
    )


def postpone_event(connection: Connection, event_id: int, tries: int, until: datetime) -> None:
    """Try the event again later."""
    _write(connection, event_id, tries=tries, dispatch_at=until, failure=None)


_WRITE: Final = update(webhook_events).where(_EVENT.id == bindparam("event"))
_FAIL: Final = _WRITE.where(_EVENT.handled_at.is_(None), _EVENT.tries == bindparam("tried"))


def fail_event(connection: Connection, event: StoredEvent, failure: str, until: datetime) -> None:
    """Say why the event could not be handled, and until when it rests: unless it moved since."""
    values = {"tries": event.tries + 1, "dispatch_at": until, "failure": failure}
    connection.execute(_FAIL, {"event": event.id, "tried": event.tries} | values)


def _event(row: Row[*tuple[Any, ...]]) -> StoredEvent:
    return StoredEvent(
        id=row.id,
        provider=Provider(row.provider),
        event_type=row.event_type,
        account=row.account,
        body=row.body,
        tries=row.tries,
        created_at=row.created_at,
    )


def _write(connection: Connection, event_id: int, **values: object) -> None:
    connection.execute(_WRITE, {"event": event_id} | values)
