"""The worker's statements around charges, as Postgres carries them out: inbox, dispatch, sweep."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import Executable

from proof.statements import CHARGES
from proof.statements_of_circuits import CIRCUITS, circuit_of, held_until, is_held
from proof.statements_of_intake import INTAKE
from proof.statements_of_refunds import REFUNDS
from proof.statements_of_strays import STRAYS
from proof.tables import Handler, Row, Tables
from shared.domain.charge import RELEASED, OrderStatus, Status
from shared.repository.dispatch import (
    _GIVE_BACK,
    _TAKE_CHARGES,
    _TAKE_EVENTS,
    _TAKE_REFUNDS,
    _WHAT_IS_DUE,
)
from shared.repository.inbox import _LOCK_UNHANDLED, _STORE, _UNHANDLED, _WRITE
from shared.repository.orders import _CANCEL
from shared.repository.overdue import _EXPIRE, _LOCK_EXPIRED, _TAKE_OVERDUE
from shared.task_names import CHARGE_CANCEL, CHARGE_EXECUTE, REFUND_EXECUTE, WEBHOOK_EVENT_HANDLE

_TABLES: Final = {"charges": "charges", "refunds": "refunds", "events": "webhook_events"}
"""By the name that the relay has for the kind."""


def _what_is_due(tables: Tables, given: Row) -> list[Row]:
    told = {kind: bool(_due(tables, table, given)) for kind, table in _TABLES.items()}
    return [told | {"deliveries": False}]


def _due(tables: Tables, table: str, given: Row) -> list[Row]:
    rows = (row for row in tables.rows[table].values() if row["dispatch_at"] is not None)
    return [row for row in rows if row["dispatch_at"] <= given["now"]]


def _take(task: str, table: str, tables: Tables, given: Row) -> list[Row]:
    taken = []
    for row in _due(tables, table, given):
        is_kept = _is_held(tables, row, given["now"])
        circuit = circuit_of(tables, _charge(tables, row))
        again = held_until(circuit, row, given["now"]) if is_kept else given["again"]
        tables.update(table, row["id"], {"dispatch_at": again})
        name = CHARGE_CANCEL if _is_called_off(row) else task
        told = {"task": name, "id": row["id"], "provider": _charge(tables, row)["provider"]}
        taken += [] if is_kept else [told]
    return taken


def _is_held(tables: Tables, row: Row, now: datetime) -> bool:
    """Whether its circuit holds it: no event, and nothing that is cancelled without a call."""
    is_wished = row.get("cancel_requested_at") is not None
    if "event_type" in row or (is_wished and row["provider_reference"] is None):
        return False
    return is_held(circuit_of(tables, _charge(tables, row)), now)


def _is_called_off(row: Row) -> bool:
    is_wished = row.get("cancel_requested_at") is not None
    return is_wished and row["status"] in {Status.ACCEPTED, Status.REQUIRES_ACTION}


def _charge(tables: Tables, row: Row) -> Row:
    """The row that says at which provider a row is: it itself, unless it is a refund."""
    is_refund = "key_number" in row
    return tables.rows["charges"][row["charge_id"]] if is_refund else row


def _give_back(tables: Tables, given: Row) -> list[Row]:
    names = {"charges": "charges", "refunds": "refunds", "webhook_events": "events"}
    for table, name in names.items():
        for row_id in given[name]:
            if tables.rows[table][row_id]["dispatch_at"] == given["again"]:
                tables.update(table, row_id, {"dispatch_at": given["now"]})
    return []


def _store(tables: Tables, given: Row) -> list[Row]:
    if tables.where("webhook_events", provider=given["provider"], event_id=given["event_id"]):
        return []
    return [tables.insert("webhook_events", given)]


def _unhandled(tables: Tables, given: Row) -> list[Row]:
    row = tables.rows["webhook_events"][given["event"]]
    return [row] if row["handled_at"] is None else []


def _write(tables: Tables, given: Row) -> list[Row]:
    values = {name: value for name, value in given.items() if name != "event"}
    return [tables.update("webhook_events", given["event"], values)]


def _take_overdue(tables: Tables, given: Row) -> list[Row]:
    again = dict(zip(given["statuses"], given["again"], strict=True))
    return [
        tables.update("charges", row["id"], {"deadline_at": again[row["status"]]})
        for row in list(tables.rows["charges"].values())
        if row["status"] in again
        and row["deadline_at"] is not None
        and row["deadline_at"] <= given["now"]
        and row["provider_reference"] is not None
        and not is_held(circuit_of(tables, row), given["now"])
    ]


def _lock_expired(tables: Tables, given: Row) -> list[Row]:
    pending = tables.where("orders", status=OrderStatus.PENDING)
    return [row for row in pending if row["expires_at"] and row["expires_at"] <= given["now"]]


def _close(tables: Tables, order: int, status: OrderStatus, given: Row) -> list[Row]:
    statuses = {charge["status"] for charge in tables.where("charges", order_id=order)}
    if not statuses <= RELEASED:
        return []
    return [tables.update("orders", order, {"status": status, "updated_at": given["now"]})]


def _expire(tables: Tables, given: Row) -> list[Row]:
    closed = [_close(tables, order, OrderStatus.EXPIRED, given) for order in given["ids"]]
    return [row for rows in closed for row in rows]


def _cancel(tables: Tables, given: Row) -> list[Row]:
    if tables.rows["orders"][given["id"]]["status"] != OrderStatus.PENDING:
        return []
    return _close(tables, given["id"], OrderStatus.CANCELLED, given)


STATEMENTS: Final[dict[Executable, Handler]] = {
    **CHARGES,
    **INTAKE,
    **REFUNDS,
    **STRAYS,
    **CIRCUITS,
    _WHAT_IS_DUE: _what_is_due,
    _TAKE_CHARGES: partial(_take, CHARGE_EXECUTE, "charges"),
    _TAKE_REFUNDS: partial(_take, REFUND_EXECUTE, "refunds"),
    _TAKE_EVENTS: partial(_take, WEBHOOK_EVENT_HANDLE, "webhook_events"),
    _GIVE_BACK: _give_back,
    _STORE: _store,
    _UNHANDLED: _unhandled,
    _LOCK_UNHANDLED: _unhandled,
    _WRITE: _write,
    _TAKE_OVERDUE: _take_overdue,
    _LOCK_EXPIRED: _lock_expired,
    _EXPIRE: _expire,
    _CANCEL: _cancel,
}
