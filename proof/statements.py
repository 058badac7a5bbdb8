"""The worker's statements about charges and attempts, as Postgres carries them out."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Executable

from proof.statements_of_attempts import ATTEMPTS, open_attempts
from proof.statements_of_circuits import circuit_of, is_held, let_through
from proof.tables import Handler, Row, Tables, without
from shared.domain.charge import RELEASED, OrderStatus, Status
from shared.repository.called_off import _CLAIM_TO_CANCEL, _HOLD_TO_CANCEL, _WISH
from shared.repository.charges import (
    _CLAIM,
    _CONTESTED,
    _FIND,
    _LOCK,
    _UPDATE,
)
from shared.repository.ledger import _APPEND, _COMPLETE
from shared.repository.outbox import _ANNOUNCE
from shared.repository.settling import _LOCK as _LOCK_TO_SETTLE

_CLAIMABLE: Final = frozenset({Status.ACCEPTED, Status.SUBMITTING, Status.INDETERMINATE})
_CANCELLABLE: Final = frozenset({Status.ACCEPTED, Status.REQUIRES_ACTION})


def _is_past(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


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


def _wish(tables: Tables, given: Row) -> list[Row]:
    now = given["now"]
    if tables.rows["charges"][given["id"]]["cancel_requested_at"] is not None:
        return []
    wish = {"cancel_requested_at": now, "dispatch_at": now, "updated_at": now}
    return [tables.update("charges", given["id"], wish)]


def _claim_to_cancel(tables: Tables, given: Row) -> list[Row]:
    charge, now = tables.rows["charges"][given["id"]], given["now"]
    is_free = charge["claimed_until"] is None or charge["claimed_until"] <= now
    is_wished = charge["cancel_requested_at"] is not None
    circuit = circuit_of(tables, charge) if charge["provider_reference"] else None
    if not (is_wished and is_free and charge["status"] in _CANCELLABLE) or is_held(circuit, now):
        return []
    held = {
        "claim_number": charge["claim_number"] + 1,
        "claimed_until": given["until"],
        "dispatch_at": given["until"],
        "updated_at": now,
    }
    row = tables.update("charges", charge["id"], held)
    return [_with_order(tables, row) | {"probe": let_through(tables, circuit, given["until"])}]


def _hold_to_cancel(tables: Tables, given: Row) -> list[Row]:
    charge = tables.rows["charges"][given["id"]]
    is_held = charge["claim_number"] == given["claim"] and charge["claimed_until"] is not None
    if not is_held or charge["status"] != Status.REQUIRES_ACTION:
        return []
    held = {"claimed_until": given["until"], "dispatch_at": given["until"]}
    return [tables.update("charges", charge["id"], held)]


def _lock(tables: Tables, given: Row) -> list[Row]:
    charge = tables.rows["charges"].get(given["id"])
    return [_with_order(tables, charge)] if charge else []


def _lock_to_settle(tables: Tables, given: Row) -> list[Row]:
    return [
        locked
        | without(attempt, "id")
        | {"is_kept_apart": _is_stray(tables, locked, given["capture"])}
        for locked in _lock(tables, given)
        for attempt in open_attempts(tables, locked["id"]) or [{"number": None}]
    ]


def _is_stray(tables: Tables, charge: Row, capture: str | None) -> bool:
    same = {name: charge[name] for name in ("provider", "account")}
    return bool(tables.where("stray_captures", capture_reference=capture, **same))


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
        _is_about(tables, charge, given),
        str(charge["identifier"]) in given["ours"],
        str(identifier) in given["ours"],
    )
    return ways.index(True) if any(ways) else None


def _is_about(tables: Tables, charge: Row, given: Row) -> bool:
    same = ("order_id", "provider", "instrument_fingerprint")
    is_brought = charge["provider"] == "paypal" and charge["instrument"] is not None
    is_again = is_brought and charge["provider_reference"] is None
    brought = tables.where("charges", **{name: charge[name] for name in same}) if is_again else ()
    return any(row["provider_reference"] in given["references"] for row in (charge, *brought))


def _find(tables: Tables, given: Row) -> list[Row]:
    near = [
        (distance, -charge["id"])
        for charge in tables.where("charges", provider=given["provider"], account=given["account"])
        if (distance := _distance(tables, charge, given)) is not None
    ]
    return [{"id": -min(near)[1]}] if near else []


def _update(tables: Tables, given: Row) -> list[Row]:
    return [tables.update("charges", given["charge"], without(given, "charge"))]


def _append(tables: Tables, given: Row) -> list[Row]:
    return [tables.insert("transitions", given)]


def _announce(tables: Tables, given: Row) -> list[Row]:
    told = zip(given["orders"], given["kinds"], strict=True)
    rows = ({"order_id": order, "event_type": kind} for order, kind in told)
    return [tables.insert("outbound_events", row | {"created_at": given["now"]}) for row in rows]


def _complete(tables: Tables, given: Row) -> list[Row]:
    if tables.rows["orders"][given["order"]]["status"] not in given["payable"]:
        return []
    paid = {
        "status": OrderStatus.COMPLETED,
        "completed_at": given["now"],
        "updated_at": given["now"],
    }
    return [tables.update("orders", given["order"], paid)]


CHARGES: Final[dict[Executable, Handler]] = {
    **ATTEMPTS,
    _CLAIM: _claim,
    _WISH: _wish,
    _CLAIM_TO_CANCEL: _claim_to_cancel,
    _HOLD_TO_CANCEL: _hold_to_cancel,
    _LOCK: _lock,
    _LOCK_TO_SETTLE: _lock_to_settle,
    _CONTESTED: _contested,
    _FIND: _find,
    _UPDATE: _update,
    _APPEND: _append,
    _ANNOUNCE: _announce,
    _COMPLETE: _complete,
}
"""Keyed by the statements themselves; what they do here is compared with Postgres by a test."""
