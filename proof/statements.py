"""The worker's statements about charges and attempts, as Postgres carries them out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Executable

from proof.constraints import is_live
from proof.statements_of_circuits import circuit_of, is_held, let_through
from proof.tables import Row, Tables
from shared.domain.charge import RELEASED, OrderStatus, Status
from shared.repository.attempts import (
    _COUNT,
    _FINISH,
    _FORGIVE,
    _HISTORY,
    _NOTE,
    _NUMBER,
    _OPEN,
    _START,
)
from shared.repository.charges import _CLAIM, _CONTESTED, _FIND, _LOCK, _UPDATE
from shared.repository.intake import _ACCEPT, _TARGET
from shared.repository.ledger import _APPEND, _COMPLETE, PAYABLE
from shared.repository.outbox import _ANNOUNCE

Handler = Callable[[Tables, Row], list[Row]]

_CLAIMABLE: Final = frozenset({Status.ACCEPTED, Status.SUBMITTING, Status.INDETERMINATE})


def _is_past(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def _without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def _with_order(tables: Tables, charge: Row) -> Row:
    order = tables.rows["orders"][charge["order_id"]]
    return charge | {"order_identifier": order["identifier"], "order_status": order["status"]}


def _claim(tables: Tables, given: Row) -> list[Row]:
    charge, now = tables.rows["charges"][given["id"]], given["now"]
    is_free = charge["claimed_until"] is None or charge["claimed_until"] <= now
    is_due = _is_past(charge["next_attempt_at"], now)
    is_parked = charge["parked_reason"] is not None
    was_accepted = charge["status"] == Status.ACCEPTED
    is_kept = is_parked or (was_accepted and charge["cancel_requested_at"] is not None)
    circuit = circuit_of(tables, charge)
    if charge["status"] not in _CLAIMABLE or is_kept or not (is_free and is_due):
        return []
    if is_held(circuit, now):
        return []
    held = {
        "status": Status.SUBMITTING if was_accepted else Status.INDETERMINATE,
        "claim_number": charge["claim_number"] + 1,
        "claimed_until": given["until"],
        "dispatch_at": given["until"],
        "updated_at": now,
    }
    row = tables.update("charges", charge["id"], held)
    probe = let_through(tables, circuit, given["until"])
    return [_with_order(tables, row) | {"found_as": charge["status"], "probe": probe}]


def _lock(tables: Tables, given: Row) -> list[Row]:
    charge = tables.rows["charges"].get(given["id"])
    return [_with_order(tables, charge)] if charge else []


def _contested(tables: Tables, given: Row) -> list[Row]:
    others = tables.where("charges", order_id=given["order"])
    standing = [row for row in others if row["id"] != given["id"] and row["status"] not in RELEASED]
    return [{"exists": bool(standing)}]


def _distance(tables: Tables, charge: Row, given: Row) -> int | None:
    identifier = tables.rows["orders"][charge["order_id"]]["identifier"]
    strays = tables.where("stray_captures", charge_id=charge["id"])
    captures = {charge["capture_reference"], *(row["capture_reference"] for row in strays)}
    ways = (
        bool(captures & set(given["references"])),
        charge["provider_reference"] in given["references"],
        str(charge["identifier"]) in given["ours"],
        str(identifier) in given["ours"],
    )
    return ways.index(True) if any(ways) else None


def _find(tables: Tables, given: Row) -> list[Row]:
    near = [
        (distance, -charge["id"])
        for charge in tables.where("charges", provider=given["provider"], account=given["account"])
        if (distance := _distance(tables, charge, given)) is not None
    ]
    return [{"id": -min(near)[1]}] if near else []


def _update(tables: Tables, given: Row) -> list[Row]:
    return [tables.update("charges", given["charge"], _without(given, "charge"))]


def _open(tables: Tables, given: Row) -> list[Row]:
    return tables.where("attempts", charge_id=given["charge"], finished_at=None)


def _number(tables: Tables, given: Row) -> list[Row]:
    number = tables.rows["charges"][given["id"]]["attempts"] + 1
    row = tables.update("charges", given["id"], {"attempts": number})
    return [{"identifier": row["identifier"], "attempts": number}]


def _start(tables: Tables, given: Row) -> list[Row]:
    return [tables.insert("attempts", given)]


def _count(tables: Tables, given: Row) -> list[Row]:
    tries = tables.rows["attempts"][given["attempt"]]["tries"] + 1
    return [tables.update("attempts", given["attempt"], {"tries": tries})]


def _forgive(tables: Tables, given: Row) -> list[Row]:
    tries = tables.rows["attempts"][given["attempt"]]["tries"] - 1
    return [tables.update("attempts", given["attempt"], {"tries": tries})]


def _note(tables: Tables, given: Row) -> list[Row]:
    return [tables.update("attempts", given["attempt"], _without(given, "attempt"))]


def _finish(tables: Tables, given: Row) -> list[Row]:
    answer = _without(given, "charge")
    return [tables.update("attempts", row["id"], answer) for row in _open(tables, given)]


def _history(tables: Tables, given: Row) -> list[Row]:
    rows = tables.where("attempts", charge_id=given["id"])[-20:]
    hidden = ("id", "charge_id", "request")
    return [{"attempts": [_without(row, *hidden) for row in rows] or None}]


def _append(tables: Tables, given: Row) -> list[Row]:
    return [tables.insert("transitions", given)]


def _announce(tables: Tables, given: Row) -> list[Row]:
    told = zip(given["orders"], given["kinds"], strict=True)
    rows = ({"order_id": order, "event_type": kind} for order, kind in told)
    return [tables.insert("outbound_events", row | {"created_at": given["now"]}) for row in rows]


def _complete(tables: Tables, given: Row) -> list[Row]:
    if tables.rows["orders"][given["order"]]["status"] not in PAYABLE:
        return []
    times = {name: given[name] for name in ("completed_at", "updated_at")}
    return [tables.update("orders", given["order"], times | {"status": OrderStatus.COMPLETED})]


def _target(tables: Tables, given: Row) -> list[Row]:
    order = tables.rows["orders"][given["id"]]
    charges = tables.where("charges", order_id=order["id"])
    standing = next((row for row in reversed(charges) if row["status"] not in RELEASED), None)
    found = {
        "can_pay_by_stripe": True,
        "can_pay_by_paypal": True,
        "charge_id": standing and standing["id"],
        "instrument_fingerprint": standing and standing["instrument_fingerprint"],
        "charge_status": standing and standing["status"],
        "keyed_status": None,
        "authorization_id": None,
    }
    return [order | found]


def _accept(tables: Tables, given: Row) -> list[Row]:
    order, mark = given["order_id"], given["fingerprint"]
    owner = tables.owners.setdefault(mark, order)
    others = tables.where("charges", order_id=order)
    if owner != order or any(is_live(other) for other in others):
        return [{"instrument_order_id": owner, "id": None}]
    values = {
        "identifier": given["identifier"],
        "order_id": order,
        "provider": given["provider"],
        "status": Status.ACCEPTED,
        "amount_minor": given["amount"],
        "currency": given["currency"],
        "account": given["account"],
        "instrument": given["instrument"],
        "instrument_fingerprint": mark,
    }
    now = given["now"]
    instants = ("next_attempt_at", "dispatch_at", "created_at", "updated_at")
    row = tables.insert("charges", values | dict.fromkeys(instants, now))
    return [
        row
        | {
            "instrument_order_id": owner,
            "user_id": "buyer",
            "organizer_ids": [],
            "pending_reason": None,
        }
    ]


CHARGES: Final[dict[Executable, Handler]] = {
    _CLAIM: _claim,
    _LOCK: _lock,
    _CONTESTED: _contested,
    _FIND: _find,
    _UPDATE: _update,
    _OPEN: _open,
    _NUMBER: _number,
    _START: _start,
    _COUNT: _count,
    _FORGIVE: _forgive,
    _NOTE: _note,
    _FINISH: _finish,
    _HISTORY: _history,
    _APPEND: _append,
    _ANNOUNCE: _announce,
    _COMPLETE: _complete,
    _TARGET: _target,
    _ACCEPT: _accept,
}
"""Keyed by the statements themselves; what they do here is compared with Postgres by a test."""
