"""Attempts: one provider operation each, under one frozen key and request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, text, update

from shared.batch import Writer
from shared.domain.charge import Charge, Operation
from shared.domain.retry_policy import AttemptRecord, key_expiry
from shared.providers.base import FrozenCall
from shared.tables import attempts

Answer = dict[str, Any]
"""What a provider said, as `evidence.facts_of` writes it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt as the worker needs it."""

    charge_id: int
    call: FrozenCall
    key: str
    number: int
    tries: int
    record: AttemptRecord
    started_at: datetime


_IS_OPEN: Final = (attempts.c.charge_id == bindparam("charge"), attempts.c.finished_at.is_(None))
_IS_THE_ONE: Final = (
    attempts.c.charge_id == bindparam("charge"),
    attempts.c.number == bindparam("attempt"),
)

_OPEN: Final = select(attempts).where(*_IS_OPEN)


def open_attempt(connection: Connection, charge_id: int) -> Attempt | None:
    """The charge's attempt that has no definite answer yet."""
    row = connection.execute(_OPEN, {"charge": charge_id}).mappings().one_or_none()
    return None if row is None else attempt_of(row)


_NUMBER: Final = text("UPDATE charges SET attempts = :number WHERE id = :charge")

_START: Final = insert(attempts).inline()


def start_attempt(
    writer: Writer,
    charge: Charge,
    call: FrozenCall,
    *,
    number: int,
    now: datetime,
    task_id: str | None = None,
) -> Attempt:
    """Freeze a new attempt, its first try counted: its key, its request, the life of the key.

    `task_id` is of the task that makes the try, for people to find.
    """
    record = AttemptRecord(key_expiry(call.operation, now), maybe_executed=False, replayable=True)
    key = f"chg-{charge.identifier}-{number}"
    attempt = Attempt(charge.id, call, key, number, tries=1, record=record, started_at=now)
    values = {
        "charge_id": charge.id,
        "number": number,
        "operation": call.operation,
        "idempotency_key": key,
        "request": call.body,
        "key_expires_at": record.key_expires_at,
        "tries": attempt.tries,
        "maybe_executed": record.maybe_executed,
        "replayable": record.replayable,
        "started_at": now,
        "task_id": task_id,
    }
    writer.execute(_NUMBER, {"charge": charge.id, "number": number})
    writer.execute(_START, values)
    return attempt


_COUNT: Final = update(attempts).where(*_IS_THE_ONE).values(tries=attempts.c.tries + 1)


def count_try(writer: Writer, attempt: Attempt, task_id: str | None = None) -> None:
    """Note before the call leaves that it may be on the wire from now on, and by which task."""
    writer.execute(_COUNT, _named(attempt) | {"task_id": task_id})


_FORGIVE: Final = update(attempts).where(*_IS_THE_ONE).values(tries=attempts.c.tries - 1)


def forgive_try(writer: Writer, attempt: Attempt) -> None:
    """Do not count a try that failed because of its circuit: it says nothing of the charge."""
    writer.execute(_FORGIVE, _named(attempt))


def suspect(writer: Writer, attempt: Attempt) -> Attempt:
    """Note that a try of the attempt ended without anybody to tell of it."""
    suspected = replace(attempt, record=replace(attempt.record, maybe_executed=True))
    note_answer(writer, suspected, {"outcome": "its worker fell silent"})
    return suspected


_NOTE: Final = update(attempts).where(*_IS_THE_ONE)


def note_answer(writer: Writer, attempt: Attempt, answer: Answer) -> None:
    """Keep what an indefinite answer taught of an attempt that stays open."""
    record = attempt.record
    learnt = {"maybe_executed": record.maybe_executed, "replayable": record.replayable}
    writer.execute(_NOTE, _named(attempt) | {"last_answer": answer} | learnt)


def _named(attempt: Attempt) -> dict[str, int]:
    return {"charge": attempt.charge_id, "attempt": attempt.number}


_FINISH: Final = update(attempts).where(*_IS_OPEN)


def finish_attempt(
    writer: Writer, charge_id: int, outcome: str, now: datetime, answer: Answer
) -> None:
    """Close the charge's open attempt, if any, with its definite answer."""
    values = {"finished_at": now, "outcome": outcome, "last_answer": answer}
    writer.execute(_FINISH, {"charge": charge_id} | values)


_HISTORY: Final = text("""
    SELECT jsonb_agg(to_jsonb(newest) - 'id' - 'charge_id' - 'request' ORDER BY number)
    FROM (SELECT * FROM attempts WHERE charge_id = :id ORDER BY number DESC LIMIT 20) AS newest
""")


def history_of(connection: Connection, charge_id: int) -> list[Answer]:
    """The charge's newest attempts as they stand, without their requests."""
    return connection.execute(_HISTORY, {"id": charge_id}).scalar_one() or []


def attempt_of(row: RowMapping) -> Attempt:
    """The attempt in a row that holds its columns."""
    record = AttemptRecord(row["key_expires_at"], row["maybe_executed"], row["replayable"])
    call = FrozenCall(Operation(row["operation"]), row["request"])
    return Attempt(
        charge_id=row["charge_id"],
        call=call,
        key=row["idempotency_key"],
        number=row["number"],
        tries=row["tries"],
        record=record,
        started_at=row["started_at"],
    )
