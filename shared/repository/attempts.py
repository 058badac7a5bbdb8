"""Attempts: one provider operation each, under one frozen key and request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, text, update

from shared.domain.charge import Operation
from shared.domain.retry_policy import AttemptRecord, key_expiry
from shared.providers.base import FrozenCall
from shared.tables import attempts

Answer = dict[str, Any]
"""What a provider said, as `evidence.facts_of` writes it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt as the worker needs it."""

    id: int
    call: FrozenCall
    key: str
    number: int
    tries: int
    record: AttemptRecord
    started_at: datetime


_IS_OPEN: Final = (attempts.c.charge_id == bindparam("charge"), attempts.c.finished_at.is_(None))
_IS_THE_ONE: Final = attempts.c.id == bindparam("attempt")

_OPEN: Final = select(attempts).where(*_IS_OPEN)


def open_attempt(connection: Connection, charge_id: int) -> Attempt | None:
    """The charge's attempt that has no definite answer yet."""
    row = connection.execute(_OPEN, {"charge": charge_id}).mappings().one_or_none()
    return None if row is None else _attempt(row)


_NUMBER: Final = text("""
    UPDATE charges SET attempts = attempts + 1 WHERE id = :id RETURNING identifier, attempts
""")

_START: Final = insert(attempts).returning(attempts)


def start_attempt(
    connection: Connection, charge_id: int, call: FrozenCall, now: datetime
) -> Attempt:
    """Freeze a new attempt: its number, its key, its request, the life of the key."""
    identifier, number = connection.execute(_NUMBER, {"id": charge_id}).one()
    values = {
        "charge_id": charge_id,
        "number": number,
        "operation": call.operation,
        "idempotency_key": f"chg-{identifier}-{number}",
        "request": call.body,
        "key_expires_at": key_expiry(call.operation, now),
        "maybe_executed": False,
        "replayable": True,
        "started_at": now,
    }
    return _attempt(connection.execute(_START, values).mappings().one())


_COUNT: Final = update(attempts).where(_IS_THE_ONE).values(tries=attempts.c.tries + 1)


def count_try(connection: Connection, attempt_id: int) -> None:
    """Note before the call leaves that it may be on the wire from now on."""
    connection.execute(_COUNT, {"attempt": attempt_id})


_FORGIVE: Final = update(attempts).where(_IS_THE_ONE).values(tries=attempts.c.tries - 1)


def forgive_try(connection: Connection, attempt_id: int) -> None:
    """Do not count a try that failed because of its circuit: it says nothing of the charge."""
    connection.execute(_FORGIVE, {"attempt": attempt_id})


def suspect(connection: Connection, attempt: Attempt) -> Attempt:
    """Note that a try of the attempt ended without anybody to tell of it."""
    suspected = replace(attempt.record, maybe_executed=True)
    note_answer(connection, attempt.id, suspected, {"outcome": "its worker fell silent"})
    return replace(attempt, record=suspected)


_NOTE: Final = update(attempts).where(_IS_THE_ONE)


def note_answer(
    connection: Connection, attempt_id: int, record: AttemptRecord, answer: Answer
) -> None:
    """Keep what an indefinite answer taught of an attempt that stays open."""
    learnt = {"maybe_executed": record.maybe_executed, "replayable": record.replayable}
    connection.execute(_NOTE, {"attempt": attempt_id, "last_answer": answer} | learnt)


_FINISH: Final = update(attempts).where(*_IS_OPEN)


def finish_attempt(
    connection: Connection, charge_id: int, outcome: str, now: datetime, answer: Answer
) -> None:
    """Close the charge's open attempt, if any, with its definite answer."""
    values = {"finished_at": now, "outcome": outcome, "last_answer": answer}
    connection.execute(_FINISH, {"charge": charge_id} | values)


_HISTORY: Final = text("""
    SELECT jsonb_agg(to_jsonb(newest) - 'id' - 'charge_id' - 'request' ORDER BY number)
    FROM (SELECT * FROM attempts WHERE charge_id = :id ORDER BY number DESC LIMIT 20) AS newest
""")


def history_of(connection: Connection, charge_id: int) -> list[Answer]:
    """The charge's newest attempts as they stand, without their requests."""
    return connection.execute(_HISTORY, {"id": charge_id}).scalar_one() or []


def _attempt(row: RowMapping) -> Attempt:
    record = AttemptRecord(row["key_expires_at"], row["maybe_executed"], row["replayable"])
    call = FrozenCall(Operation(row["operation"]), row["request"])
    return Attempt(
        id=row["id"],
        call=call,
        key=row["idempotency_key"],
        number=row["number"],
        tries=row["tries"],
        record=record,
        started_at=row["started_at"],
    )
