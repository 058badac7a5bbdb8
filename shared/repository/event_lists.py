"""Lists of stored events, as operators go through them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from shared.domain.charge import Provider
from shared.providers.base import JsonObject
from shared.providers.redaction import redacted
from shared.repository.charge_lists import NEWEST


@dataclass(frozen=True, slots=True)
class EventSummary:
    """A stored event, without its body."""

    id: int
    provider: Provider
    event_id: str
    event_type: str
    account: str | None
    found_by: str
    created_at: datetime
    received_at: datetime
    handled_at: datetime | None
    """None where it still waits."""
    result: str | None
    tries: int
    charge_id: int | None
    failure: str | None
    """Why its last try raised, while it waits for the next."""

    @property
    def outcome(self) -> str:
        """What came of it, or how it waits."""
        return self.result or (f"fails: {self.failure}" if self.failure else "waits")


_COLUMNS: Final = ", ".join(EventSummary.__dataclass_fields__)
_ALL: Final = text(f"""
    SELECT {_COLUMNS} FROM webhook_events WHERE id < :before ORDER BY id DESC LIMIT :most
""")  # noqa: S608 the fields above
_WAITING: Final = text(f"""
    SELECT {_COLUMNS} FROM webhook_events
    WHERE provider = ANY(:providers) AND dispatch_at IS NOT NULL AND id < :before
    ORDER BY id DESC LIMIT :most
""")  # noqa: S608 as above
_ONE: Final = text(f"SELECT {_COLUMNS} FROM webhook_events WHERE id = :id")  # noqa: S608 as above


def list_events(
    connection: Connection, *, is_waiting: bool = False, before: int = NEWEST, most: int = 50
) -> list[EventSummary]:
    """The newest events before that id, all of them or those that wait to be handled."""
    arguments = {"before": before, "most": most, "providers": list(Provider)}
    rows = connection.execute(_WAITING if is_waiting else _ALL, arguments).mappings()
    return [EventSummary(**{**row, "provider": Provider(row["provider"])}) for row in rows]


def read_event(connection: Connection, event_id: int) -> EventSummary | None:
    """One event."""
    row = connection.execute(_ONE, {"id": event_id}).mappings().one_or_none()
    return None if row is None else EventSummary(**{**row, "provider": Provider(row["provider"])})


_BODY: Final = text("SELECT body FROM webhook_events WHERE id = :id")


def read_body(connection: Connection, event_id: int) -> JsonObject | None:
    """What a person may see of an event's body: its shape, and the values that are no secret."""
    body = connection.execute(_BODY, {"id": event_id}).scalar_one_or_none()
    try:
        told = json.loads(bytes(body or b"null"))
    except ValueError:
        return None
    return redacted(told) if isinstance(told, dict) else None
