"""The worker's statements about circuits, as Postgres carries them out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Executable

from proof.tables import Row, Tables
from shared.domain.circuit import State
from shared.repository.circuits import (
    _ADD,
    _APPEND,
    _HOLD,
    _LOCK,
    _RELEASE_CHARGES,
    _RELEASE_REFUNDS,
    _WRITE,
)


def circuit_of(tables: Tables, charge: Row) -> Row | None:
    """The charge's circuit, if it has a row."""
    return _find(tables, charge["provider"], charge["account"] or "")


def is_held(circuit: Row | None, now: datetime) -> bool:
    """Whether no call may pass."""
    if circuit is None or circuit["state"] == State.CLOSED:
        return False
    return bool(circuit["state"] == State.PAUSED or circuit["probe_at"] > now)


def held_until(circuit: Row | None, row: Row, now: datetime) -> datetime:
    """When a held row is looked at again."""
    probe_at: datetime | None = circuit["probe_at"] if circuit else None
    return (probe_at or now + timedelta(minutes=1)) + 10 * _fraction(row)


def let_through(tables: Tables, circuit: Row | None, until: datetime) -> int | None:
    """The number of the probe that a claim is."""
    if circuit is None or circuit["state"] != State.OPEN:
        return None
    number: int = circuit["probe_number"] + 1
    tables.update("circuits", circuit["id"], {"probe_number": number, "probe_at": until})
    return number


def _find(tables: Tables, provider: str, account: str) -> Row | None:
    return next(iter(tables.where("circuits", provider=provider, account=account)), None)


def _fraction(row: Row) -> timedelta:
    return timedelta(microseconds=row["created_at"].microsecond)


def _hold(tables: Tables, given: Row) -> list[Row]:
    circuit = _find(tables, given["provider"], given["account"])
    if circuit is None:
        return []
    changes = tables.where("circuit_changes", circuit_id=circuit["id"])
    ends = [*(change["at"] for change in changes[1:]), given["now"]]
    spans = zip(changes, ends, strict=True) if changes else ()
    excused = sum(
        (
            min(until, given["now"]) - max(change["at"], given["since"])
            for change, until in spans
            if change["cause"] in given["causes"] and until > given["since"]
        ),
        timedelta(0),
    )
    return [circuit | {"excused": excused}]


def _add(tables: Tables, given: Row) -> list[Row]:
    if _find(tables, given["provider"], given["account"]) is not None:
        return []
    names = ("provider", "account")
    values = {name: given[name] for name in names} | {"changed_at": given["now"]}
    return [tables.insert("circuits", values | {"state": State.CLOSED})]


def _lock(tables: Tables, given: Row) -> list[Row]:
    circuit = _find(tables, given["provider"], given["account"])
    return [circuit] if circuit else []


def _write(tables: Tables, given: Row) -> list[Row]:
    values = {name: value for name, value in given.items() if name != "circuit"}
    return [tables.update("circuits", given["circuit"], values)]


def _append(tables: Tables, given: Row) -> list[Row]:
    return [tables.insert("circuit_changes", given)]


def _released(table: str) -> Callable[[Tables, Row], list[Row]]:
    def release(tables: Tables, given: Row) -> list[Row]:
        now = given["now"]
        return [
            tables.update(table, row["id"], {"dispatch_at": now + 5 * _fraction(row)})
            for row in list(tables.rows[table].values())
            if _is_waiting(row, now) and _is_of(tables, row, given)
        ]

    return release


def _is_waiting(row: Row, now: datetime) -> bool:
    is_put_off = row["dispatch_at"] is not None and row["dispatch_at"] > now
    is_due = row["next_attempt_at"] is not None and row["next_attempt_at"] <= now
    return is_put_off and is_due and (row["claimed_until"] is None or row["claimed_until"] <= now)


def _is_of(tables: Tables, row: Row, given: Row) -> bool:
    charge = tables.rows["charges"][row["charge_id"]] if "charge_id" in row else row
    return (charge["provider"], charge["account"] or "") == (given["provider"], given["account"])


CIRCUITS: Final[dict[Executable, Callable[[Tables, Row], list[Row]]]] = {
    _HOLD: _hold,
    _ADD: _add,
    _LOCK: _lock,
    _WRITE: _write,
    _APPEND: _append,
    _RELEASE_CHARGES: _released("charges"),
    _RELEASE_REFUNDS: _released("refunds"),
}
"""Keyed by the statements themselves."""
