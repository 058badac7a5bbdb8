"""Deliveries: one event on its way to one endpoint.

Each statement here runs under the endpoint's lock (`lock_endpoint`), which puts the moves of its
deliveries one behind the other. A settlement never waits for that lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from shared.domain.outbound import Answer, DeliveryStatus, EndpointStatus


@dataclass(frozen=True, slots=True)
class LockedEndpoint:
    """Where a delivery goes to."""

    id: int
    url: str
    status: EndpointStatus
    failing_since: datetime | None
    sealed_secrets: tuple[bytes, ...]
    """Those that sign now, the newest first."""


_LOCK_ENDPOINT: Final = text("""
    SELECT e.id, e.url, e.status, e.failing_since, ARRAY(
        SELECT s.secret FROM outbound_secrets s
        WHERE s.endpoint_id = e.id AND (s.expires_at IS NULL OR s.expires_at > :now)
        ORDER BY s.id DESC
    ) AS secrets
    FROM outbound_endpoints e
    WHERE e.id = (SELECT endpoint_id FROM outbound_deliveries WHERE id = :id)
    FOR NO KEY UPDATE OF e
""")


def lock_endpoint(connection: Connection, delivery_id: int, now: datetime) -> LockedEndpoint | None:
    """The endpoint of a delivery, locked; None where either is gone."""
    row = connection.execute(_LOCK_ENDPOINT, {"id": delivery_id, "now": now}).one_or_none()
    if row is None:
        return None
    secrets = tuple(bytes(secret) for secret in row.secrets)
    status = EndpointStatus(row.status)
    return LockedEndpoint(row.id, row.url, status, row.failing_since, secrets)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that may be due, with what decides whether it may go out."""

    id: int
    tries: int
    claim_number: int
    is_due: bool
    blocked_until: datetime | None
    """When the order's earlier event, which is not delivered yet, comes up next."""
    in_flight: int
    event: UUID
    kind: str
    happened_at: datetime
    data: Mapping[str, object]


_READ_WAITING: Final = text("""
    SELECT d.id, d.tries, d.claim_number, v.identifier AS event, v.event_type AS kind,
           v.created_at AS happened_at, v.payload AS data,
           d.next_attempt_at <= :now AND coalesce(d.claimed_until <= :now, true) AS is_due,
           (SELECT greatest(b.next_attempt_at, b.claimed_until) FROM outbound_deliveries b
            WHERE b.endpoint_id = d.endpoint_id AND b.order_id = d.order_id
              AND b.event_id < d.event_id AND b.status = 'pending'
            ORDER BY b.event_id LIMIT 1) AS blocked_until,
           (SELECT count(*) FROM outbound_deliveries f
            WHERE f.endpoint_id = d.endpoint_id AND f.claimed_until > :now) AS in_flight
    FROM outbound_deliveries d JOIN outbound_events v ON v.id = d.event_id
    WHERE d.id = :id AND d.status = 'pending'
""")


def read_waiting(connection: Connection, delivery_id: int, now: datetime) -> Waiting | None:
    """The delivery, unless it is over."""
    row = connection.execute(_READ_WAITING, {"id": delivery_id, "now": now})
    found = row.mappings().one_or_none()
    return None if found is None else Waiting(**found)


_PUT_OFF: Final = text("UPDATE outbound_deliveries SET dispatch_at = :until WHERE id = :id")


def put_off(connection: Connection, delivery_id: int, until: datetime) -> None:
    """Tell of it again then: it is due, but may not go out yet."""
    connection.execute(_PUT_OFF, {"id": delivery_id, "until": until})


_CLAIM: Final = text("""
    WITH claimed AS (
        UPDATE outbound_deliveries
        SET claim_number = claim_number + 1, tries = tries + 1, claimed_until = :until,
            dispatch_at = :until
        WHERE id = :id RETURNING id, claim_number
    )
    INSERT INTO outbound_attempts (delivery_id, number, started_at)
    SELECT id, claim_number, :now FROM claimed
""")


def claim(connection: Connection, delivery_id: int, *, now: datetime, until: datetime) -> None:
    """Take the delivery until the lease ends; the attempt is on record before it is made."""
    connection.execute(_CLAIM, {"id": delivery_id, "now": now, "until": until})


_TRIES: Final = text("""
    SELECT tries FROM outbound_deliveries
    WHERE id = :id AND claim_number = :number AND status = 'pending'
""")


def tries_of_claim(connection: Connection, delivery_id: int, claim_number: int) -> int | None:
    """How often it was tried, this claim included; None where the claim has a successor."""
    arguments = {"id": delivery_id, "number": claim_number}
    return connection.execute(_TRIES, arguments).scalar_one_or_none()


_RECORD: Final = text("""
    UPDATE outbound_attempts SET finished_at = :now, status_code = :status_code,
        latency_ms = extract(epoch FROM :now - started_at) * 1000, error = :error
    WHERE delivery_id = :id AND number = :number
""")


def record_answer(
    connection: Connection, delivery_id: int, claim_number: int, answer: Answer, now: datetime
) -> None:
    """Put on record what came of an attempt."""
    arguments = {
        "id": delivery_id,
        "number": claim_number,
        "status_code": answer.status_code,
        "error": answer.error,
        "now": now,
    }
    connection.execute(_RECORD, arguments)


_POSTPONE: Final = text("""
    UPDATE outbound_deliveries
    SET claimed_until = NULL, next_attempt_at = :until, dispatch_at = :until WHERE id = :id
""")


def postpone(connection: Connection, delivery_id: int, until: datetime) -> None:
    """Send it again then."""
    connection.execute(_POSTPONE, {"id": delivery_id, "until": until})


_FINISH: Final = text("""
    UPDATE outbound_deliveries SET status = :status, finished_at = :now, claimed_until = NULL,
        next_attempt_at = NULL, dispatch_at = NULL
    WHERE id = :id RETURNING endpoint_id, order_id, event_id
""")

_WAKE_NEXT: Final = text("""
    UPDATE outbound_deliveries SET dispatch_at = :now WHERE id = (
        SELECT id FROM outbound_deliveries
        WHERE endpoint_id = :endpoint_id AND order_id = :order_id AND event_id > :event_id
          AND status = 'pending' AND next_attempt_at <= :now
          AND coalesce(claimed_until <= :now, true)
        ORDER BY event_id LIMIT 1)
""")


def finish(connection: Connection, delivery_id: int, status: DeliveryStatus, now: datetime) -> None:
    """End the delivery, so that the order's next event may go out."""
    arguments: dict[str, Any] = {"id": delivery_id, "status": status, "now": now}
    done = connection.execute(_FINISH, arguments).mappings().one()
    connection.execute(_WAKE_NEXT, {**done, "now": now})
