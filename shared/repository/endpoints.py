"""Endpoints: where the ticketing platform wants to be told, with what they are signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text, update

from shared.batch import Writer
from shared.domain.outbound import EndpointStatus
from shared.outbound_tables import outbound_endpoints

MOST_ENDPOINTS: Final = 20
SECRET_KEPT: Final = timedelta(hours=24)
"""How long the secret before keeps signing beside its successor."""


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An endpoint to be kept; no event types are all of them."""

    identifier: UUID
    url: str
    event_types: tuple[str, ...]
    sealed_secret: bytes


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as it stands."""

    id: int
    identifier: UUID
    url: str
    event_types: list[str]
    status: EndpointStatus
    disabled_reason: str | None
    failures: int
    failing_since: datetime | None
    created_at: datetime
    updated_at: datetime


_NAMES: Final = tuple(Endpoint.__dataclass_fields__)

_STORE: Final = text("""
    WITH endpoint AS (
        INSERT INTO outbound_endpoints
            (identifier, url, event_types, status, created_at, updated_at)
        VALUES (:identifier, :url, :event_types, 'enabled', :now, :now) RETURNING *
    ), secret AS (
        INSERT INTO outbound_secrets (endpoint_id, secret, created_at)
        SELECT id, :secret, :now FROM endpoint
    )
    SELECT * FROM endpoint
""")


def store_endpoint(connection: Connection, new: NewEndpoint, now: datetime) -> Endpoint:
    """Keep a new endpoint, enabled, with its first secret."""
    arguments = {
        "identifier": new.identifier,
        "url": new.url,
        "event_types": list(new.event_types),
        "secret": new.sealed_secret,
        "now": now,
    }
    return _endpoint(connection.execute(_STORE, arguments).mappings().one())


_READ: Final = """
    SELECT * FROM outbound_endpoints
    WHERE (id = :id OR identifier = :identifier) AND status <> 'deleted'
"""
_READ_ONE: Final = text(_READ)
_LOCK_ONE: Final = text(f"{_READ} FOR NO KEY UPDATE")


def read_endpoint(
    connection: Connection, row_id: int | None, identifier: UUID | None, *, lock: bool = False
) -> Endpoint | None:
    """An endpoint named by primary key or identifier; locked, if it is about to change."""
    arguments = {"id": row_id, "identifier": identifier}
    row = connection.execute(_LOCK_ONE if lock else _READ_ONE, arguments)
    found = row.mappings().one_or_none()
    return None if found is None else _endpoint(found)


_LIST: Final = text("""
    SELECT * FROM outbound_endpoints
    WHERE status <> 'deleted' AND id < coalesce(:before, 9223372036854775807)
    ORDER BY id DESC LIMIT :most
""")


def list_endpoints(connection: Connection, before: int | None, most: int) -> list[Endpoint]:
    """Endpoints, the newest first."""
    rows = connection.execute(_LIST, {"before": before, "most": most}).mappings()
    return [_endpoint(row) for row in rows]


def count_endpoints(connection: Connection) -> int:
    """How many endpoints there are: each event is written once for each of them."""
    statement = text("SELECT count(*) FROM outbound_endpoints WHERE status <> 'deleted'")
    return int(connection.execute(statement).scalar_one())


def update_endpoint(
    connection: Connection, endpoint_id: int, values: dict[str, Any], now: datetime
) -> Endpoint:
    """Write the named columns."""
    statement = (
        update(outbound_endpoints)
        .where(outbound_endpoints.c.id == endpoint_id)
        .values(**values, updated_at=now)
        .returning(outbound_endpoints)
    )
    return _endpoint(connection.execute(statement).mappings().one())


_ROTATE: Final = text("""
    UPDATE outbound_secrets SET expires_at = :until
    WHERE endpoint_id = :id AND expires_at IS NULL
""")
_ADD_SECRET: Final = text("""
    INSERT INTO outbound_secrets (endpoint_id, secret, created_at) VALUES (:id, :secret, :now)
""")


def rotate_secret(
    connection: Connection, endpoint_id: int, sealed_secret: bytes, now: datetime
) -> None:
    """Sign with a new secret from now on, and beside it for a day with the one before."""
    connection.execute(_ROTATE, {"id": endpoint_id, "until": now + SECRET_KEPT})
    connection.execute(_ADD_SECRET, {"id": endpoint_id, "secret": sealed_secret, "now": now})


_FAILED: Final = text("""
    UPDATE outbound_endpoints
    SET failures = failures + 1, failing_since = coalesce(failing_since, :now) WHERE id = :id
""")
_SUCCEEDED: Final = text("""
    UPDATE outbound_endpoints SET failures = 0, failing_since = NULL
    WHERE id = :id AND failures > 0
""")


def note_failure(writer: Writer, endpoint_id: int, now: datetime) -> None:
    """Count a try that failed, and remember when the run of failures began."""
    writer.execute(_FAILED, {"id": endpoint_id, "now": now})


def note_success(writer: Writer, endpoint_id: int) -> None:
    """End a run of failures."""
    writer.execute(_SUCCEEDED, {"id": endpoint_id})


def disable(connection: Connection, endpoint_id: int, reason: str, now: datetime) -> Endpoint:
    """Send nothing to it any more; what happens from now on stays owed to it."""
    values = {"status": EndpointStatus.DISABLED, "disabled_reason": reason}
    return update_endpoint(connection, endpoint_id, values, now)


_DUE_AGAIN: Final = text("""
    UPDATE outbound_deliveries SET tries = 0, next_attempt_at = :now, dispatch_at = :now
    WHERE endpoint_id = :id AND status = 'pending' AND tries > 0
      AND coalesce(claimed_until <= :now, true)
""")


def enable(connection: Connection, endpoint_id: int, now: datetime) -> Endpoint:
    """Send to it again, at once, all that is owed to it.

    Only what was tried needs to be told: what follows it is woken by it, or is still due.
    """
    connection.execute(_DUE_AGAIN, {"id": endpoint_id, "now": now})
    values = {
        "status": EndpointStatus.ENABLED,
        "disabled_reason": None,
        "failures": 0,
        "failing_since": None,
    }
    return update_endpoint(connection, endpoint_id, values, now)


def delete(connection: Connection, endpoint_id: int, now: datetime) -> None:
    """Mark it deleted: a settlement that goes on right now may still see it."""
    values = {"status": EndpointStatus.DELETED, "disabled_reason": None}
    update_endpoint(connection, endpoint_id, values, now)


def _endpoint(row: RowMapping) -> Endpoint:
    values = {name: row[name] for name in _NAMES} | {"status": EndpointStatus(row["status"])}
    return Endpoint(**values)
