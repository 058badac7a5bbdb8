"""Refunds in a worker's hands: claimed, their calls frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Executable, RowMapping, bindparam, text, update

from shared.aftermath_tables import refunds as table
from shared.domain.charge import Operation, Provider
from shared.domain.refund import Captured, Refund
from shared.domain.retry_policy import AttemptRecord, key_expiry
from shared.providers.base import FrozenCall
from shared.repository.circuits import IS_HELD, IS_LET_THROUGH, JOIN_CIRCUIT, PROBE, PROBED
from shared.repository.refunds import refund_of

_COLUMNS: Final = """
    r.*, c.account, coalesce(s.provider_reference, c.provider_reference) AS charge_reference,
    coalesce(s.capture_reference, c.capture_reference) AS capture_reference,
    c.identifier AS charge_identifier, o.identifier AS order_identifier
"""


@dataclass(frozen=True, slots=True)
class StoredCall:
    """A refund's call, frozen with its key."""

    call: FrozenCall
    key: str
    record: AttemptRecord
    started_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimedRefund:
    """A refund held under a fencing number, with what asking for it takes."""

    refund: Refund
    provider: Provider
    charge: UUID
    order: UUID
    captured: Captured
    reason: str | None
    stored: StoredCall | None
    """None where it was never sent, or where the provider made it."""
    probe: int | None
    """As of a claimed charge."""


_CLAIM: Final = text(f"""
    WITH found AS MATERIALIZED (
        SELECT r.id, r.claimed_until, {PROBED} AS circuit_id
        FROM refunds r JOIN charges c ON c.id = r.charge_id {JOIN_CIRCUIT}
        WHERE r.id = :id AND r.status = 'pending' AND r.next_attempt_at <= :now
          AND (r.claimed_until IS NULL OR r.claimed_until <= :now)
          AND NOT {IS_HELD}
        FOR NO KEY UPDATE OF r
    ), {PROBE}, r AS (
        UPDATE refunds SET
            claim_number = claim_number + 1, claimed_until = :until, dispatch_at = :until,
            tries = tries + 1, updated_at = :now,
            maybe_executed = maybe_executed
                OR (found.claimed_until IS NOT NULL AND request IS NOT NULL)
        FROM found LEFT JOIN probe ON true
        WHERE refunds.id = found.id AND {IS_LET_THROUGH}
        RETURNING refunds.*, probe.probe_number AS probe
    )
    SELECT {_COLUMNS} FROM r JOIN charges c ON c.id = r.charge_id
    JOIN orders o ON o.id = c.order_id
    LEFT JOIN stray_captures s ON s.id = r.stray_capture_id
""")  # noqa: S608 - the columns are a constant of this module


def claim_refund(
    connection: Connection, refund_id: int, *, now: datetime, until: datetime
) -> ClaimedRefund | None:
    """Take the refund exclusively until the lease ends; None where it is not due, taken or held.

    A claim that outlived its lease is taken over: its holder may have sent the request.
    """
    arguments = {"id": refund_id, "now": now, "until": until}
    row = connection.execute(_CLAIM, arguments).mappings().one_or_none()
    return None if row is None else _claimed(row)


def _claimed(row: RowMapping) -> ClaimedRefund:
    return ClaimedRefund(
        refund=refund_of(row),
        provider=Provider(row["provider"]),
        charge=row["charge_identifier"],
        order=row["order_identifier"],
        captured=Captured(row["charge_reference"], row["capture_reference"], row["account"]),
        reason=row["reason"],
        stored=_stored(row),
        probe=row["probe"],
    )


_READ: Final = text(f"""
    SELECT {_COLUMNS}, NULL AS probe FROM refunds r JOIN charges c ON c.id = r.charge_id
    JOIN orders o ON o.id = c.order_id
    LEFT JOIN stray_captures s ON s.id = r.stray_capture_id WHERE r.id = :id
""")  # noqa: S608 - as above


def read_claimed(connection: Connection, refund_id: int) -> ClaimedRefund | None:
    """The same of a refund that nobody takes, only to read what its provider has of it."""
    row = connection.execute(_READ, {"id": refund_id}).mappings().one_or_none()
    return None if row is None else _claimed(row)


_FREEZE: Final = update(table).where(table.c.id == bindparam("refund")).returning(table)


def freeze_call(
    connection: Connection, refund_id: int, call: FrozenCall, now: datetime
) -> StoredCall:
    """Freeze what is asked, and the life of the key that it goes out under."""
    values = {
        "operation": call.operation,
        "request": call.body,
        "key_expires_at": key_expiry(call.operation, now),
        "started_at": now,
    }
    return _frozen(connection, _FREEZE, {"refund": refund_id} | values)


_RENEW: Final = (
    update(table)
    .where(table.c.id == bindparam("refund"))
    .values(key_number=table.c.key_number + 1, replayable=True)
    .returning(table)
)


def renew_key(
    connection: Connection, refund_id: int, call: FrozenCall, now: datetime
) -> StoredCall:
    """Take a new key for the same request: nothing was ever executed under the one before."""
    values = {"key_expires_at": key_expiry(call.operation, now), "started_at": now}
    return _frozen(connection, _RENEW, {"refund": refund_id} | values)


def _frozen(connection: Connection, statement: Executable, values: dict[str, Any]) -> StoredCall:
    row = connection.execute(statement, values).mappings().one()
    stored = _stored(row)
    assert stored is not None, "it was just frozen"
    return stored


def _stored(row: RowMapping) -> StoredCall | None:
    if row["request"] is None:
        return None
    number = row["key_number"]
    return StoredCall(
        call=FrozenCall(Operation(row["operation"]), row["request"]),
        key=f"ref-{row['identifier']}" + (f"-{number}" if number > 1 else ""),
        record=AttemptRecord(row["key_expires_at"], row["maybe_executed"], row["replayable"]),
        started_at=row["started_at"],
    )
