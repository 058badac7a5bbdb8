"""Deliveries: one event on its way to one endpoint.

Each statement here takes the endpoint's lock or runs under it, which puts the moves of its
deliveries one behind the other. A settlement never waits for that lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from shared.batch import Writer
from shared.domain.outbound import Answer, DeliveryStatus, EndpointStatus

# A read comes in one round trip with the lock before it, but as a statement of its own: in one,
# whoever waited for the lock would read the delivery as it stood before.
#
# All of an endpoint's deliveries wait for its lock, so no commit under it waits for the disk: what
# a crash of Postgres forgets is sent once more, under the same id.
_LOCK_ENDPOINT: Final = """
    SELECT set_config('synchronous_commit', 'off', true) FROM outbound_endpoints
    WHERE id = (SELECT endpoint_id FROM outbound_deliveries WHERE id = :id) FOR NO KEY UPDATE
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that may be due, with its endpoint and what decides whether it may go out."""

    claim_number: int
    is_due: bool
    blocked_until: datetime | None
    """When the order's earlier event, which is not delivered yet, comes up next."""
    in_flight: int
    event: UUID
    kind: str
    happened_at: datetime
    data: Mapping[str, object]
    url: str
    failing_since: datetime | None
    sealed_secrets: tuple[bytes, ...]
    """Those that sign now, the newest first."""


_LOCK_WAITING: Final = text(f"""
    {_LOCK_ENDPOINT};
    SELECT d.claim_number, v.identifier AS event, v.event_type AS kind,
           v.created_at AS happened_at, v.payload AS data, e.url, e.failing_since,
           d.next_attempt_at <= :now AND coalesce(d.claimed_until <= :now, true) AS is_due,
           (SELECT greatest(b.next_attempt_at, b.claimed_until) FROM outbound_deliveries b
            WHERE b.endpoint_id = d.endpoint_id AND b.order_id = d.order_id
              AND b.event_id < d.event_id AND b.status = 'pending'
            ORDER BY b.event_id LIMIT 1) AS blocked_until,
           (SELECT count(*) FROM outbound_deliveries f
            WHERE f.endpoint_id = d.endpoint_id AND f.claimed_until > :now) AS in_flight,
           ARRAY(SELECT s.secret FROM outbound_secrets s
                 WHERE s.endpoint_id = e.id AND (s.expires_at IS NULL OR s.expires_at > :now)
                 ORDER BY s.id DESC) AS sealed_secrets
    FROM outbound_deliveries d
    JOIN outbound_events v ON v.id = d.event_id
    JOIN outbound_endpoints e ON e.id = d.endpoint_id
    WHERE d.id = :id AND d.status = 'pending' AND e.status = 'enabled'
""")  # noqa: S608 - the lock is a constant


def lock_waiting(connection: Connection, delivery_id: int, now: datetime) -> Waiting | None:
    """The delivery under its endpoint's lock; None where it is over, or that is not sent to."""
    rows = connection.execute(_LOCK_WAITING, {"id": delivery_id, "now": now}).mappings()
    found = rows.one_or_none()
    if found is None:
        return None
    secrets = tuple(bytes(secret) for secret in found["sealed_secrets"])
    return Waiting(**{**found, "sealed_secrets": secrets})


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


@dataclass(frozen=True, slots=True)
class StandingClaim:
    """A claim that has no successor, with the endpoint that it was sent to."""

    tries: int
    """How often the delivery was tried, this claim included."""
    endpoint_id: int
    endpoint_status: EndpointStatus
    failing_since: datetime | None


_RECORD: Final = text(f"""
    {_LOCK_ENDPOINT};
    UPDATE outbound_attempts SET finished_at = :now, status_code = :status_code,
        latency_ms = extract(epoch FROM :now - started_at) * 1000, error = :error
    WHERE delivery_id = :id AND number = :number;
    SELECT d.tries, e.id AS endpoint_id, e.status AS endpoint_status, e.failing_since
    FROM outbound_deliveries d JOIN outbound_endpoints e ON e.id = d.endpoint_id
    WHERE d.id = :id AND d.claim_number = :number AND d.status = 'pending'
""")  # noqa: S608 - as above


def record_answer(
    connection: Connection, delivery_id: int, claim_number: int, answer: Answer, now: datetime
) -> StandingClaim | None:
    """Put on record what came of an attempt, under its endpoint's lock.

    None where its claim has a successor, or either is gone.
    """
    arguments = {
        "id": delivery_id,
        "number": claim_number,
        "status_code": answer.status_code,
        "error": answer.error,
        "now": now,
    }
    found = connection.execute(_RECORD, arguments).mappings().one_or_none()
    if found is None:
        return None
    status = EndpointStatus(found["endpoint_status"])
    return StandingClaim(**{**found, "endpoint_status": status})


_POSTPONE: Final = text("""
    UPDATE outbound_deliveries
    SET claimed_until = NULL, next_attempt_at = :until, dispatch_at = :until WHERE id = :id
""")


def postpone(writer: Writer, delivery_id: int, until: datetime) -> None:
    """Send it again then."""
    writer.execute(_POSTPONE, {"id": delivery_id, "until": until})


_FINISH: Final = text("""
    WITH done AS (
        UPDATE outbound_deliveries SET status = :status, finished_at = :now, claimed_until = NULL,
            next_attempt_at = NULL, dispatch_at = NULL
        WHERE id = :id RETURNING endpoint_id, order_id, event_id
    )
    UPDATE outbound_deliveries SET dispatch_at = :now WHERE id = (
        SELECT next.id FROM done JOIN outbound_deliveries next USING (endpoint_id, order_id)
        WHERE next.event_id > done.event_id AND next.status = 'pending'
          AND next.next_attempt_at <= :now AND coalesce(next.claimed_until <= :now, true)
        ORDER BY next.event_id LIMIT 1)
""")


def finish(writer: Writer, delivery_id: int, status: DeliveryStatus, now: datetime) -> None:
    """End the delivery, and wake the order's next one."""
    writer.execute(_FINISH, {"id": delivery_id, "status": status, "now": now})
