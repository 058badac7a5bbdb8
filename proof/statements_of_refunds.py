"""The worker's statements about refunds, as Postgres carries them out."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Executable

from proof.statements_of_circuits import circuit_of, is_held, let_through
from proof.tables import Handler, Row, Tables
from shared.domain.refund import RESERVING, Origin, RefundStatus
from shared.repository.refund_claims import _CLAIM, _FREEZE, _RENEW
from shared.repository.refund_intake import _LOCK as _LOCK_REFUNDABLE
from shared.repository.refund_intake import _STORE
from shared.repository.refunds import (
    _APPEND,
    _CHARGE_OF,
    _FIND,
    _IN_FLIGHT,
    _LOCK,
    _NAMED,
    _STORE_FOREIGN,
    _SUM,
    _UPDATE,
)

_INSTANTS: Final = ("next_attempt_at", "dispatch_at", "created_at", "updated_at")


def _claim(tables: Tables, given: Row) -> list[Row]:
    refund, now = tables.rows["refunds"][given["id"]], given["now"]
    lease, charge = refund["claimed_until"], tables.rows["charges"][refund["charge_id"]]
    circuit = circuit_of(tables, charge)
    is_due = refund["status"] == RefundStatus.PENDING and refund["next_attempt_at"] <= now
    if not is_due or (lease is not None and lease > now) or is_held(circuit, now):
        return []
    was_left = lease is not None and refund["request"] is not None
    held = {
        "claim_number": refund["claim_number"] + 1,
        "claimed_until": given["until"],
        "dispatch_at": given["until"],
        "tries": refund["tries"] + 1,
        "maybe_executed": refund["maybe_executed"] or was_left,
        "updated_at": now,
    }
    row = tables.update("refunds", refund["id"], held)
    captured = tables.rows["stray_captures"].get(row["stray_capture_id"]) or charge
    named = {
        "probe": let_through(tables, circuit, given["until"]),
        "account": charge["account"],
        "charge_reference": captured["provider_reference"],
        "capture_reference": captured["capture_reference"],
        "charge_identifier": charge["identifier"],
        "order_identifier": tables.rows["orders"][charge["order_id"]]["identifier"],
    }
    return [row | named]


def _renew(tables: Tables, given: Row) -> list[Row]:
    number = tables.rows["refunds"][given["refund"]]["key_number"] + 1
    return _update(tables, given | {"key_number": number, "replayable": True})


def _lock_refundable(tables: Tables, given: Row) -> list[Row]:
    charge = tables.rows["charges"].get(given["id"])
    return [charge | {"user_id": "buyer", "organizer_ids": []}] if charge else []


def _store(tables: Tables, given: Row) -> list[Row]:
    charge = tables.rows["charges"][given["charge"]]
    refunds = tables.where("refunds", charge_id=charge["id"], stray_capture_id=None)
    reserved = sum(row["amount_minor"] for row in refunds if row["status"] in RESERVING)
    remaining = charge["amount_captured_minor"] - reserved
    amount = remaining if given["amount"] is None else given["amount"]
    if not 1 <= amount <= remaining:
        return [{"remaining": remaining, "id": None}]
    values = {
        "identifier": given["identifier"],
        "charge_id": charge["id"],
        "provider": charge["provider"],
        "origin": Origin.OURS,
        "amount_minor": amount,
        "currency": charge["currency"],
        "status": RefundStatus.PENDING,
        "reason": given["reason"],
        "requested_by": given["requested_by"],
    }
    row = tables.insert("refunds", values | dict.fromkeys(_INSTANTS, given["now"]))
    shown = {"order_id": charge["order_id"], "user_id": "buyer", "organizer_ids": []}
    return [row | shown | {"remaining": remaining, "stray_capture": None}]


def _charge_of(tables: Tables, given: Row) -> list[Row]:
    return [{"charge_id": tables.rows["refunds"][given["id"]]["charge_id"]}]


def _lock(tables: Tables, given: Row) -> list[Row]:
    refund = tables.rows["refunds"][given["id"]]
    charge = tables.rows["charges"][refund["charge_id"]]
    stray = tables.rows["stray_captures"].get(refund["stray_capture_id"])
    return [refund | {"capture_reference": (stray or charge)["capture_reference"]}]


def _find(tables: Tables, given: Row) -> list[Row]:
    same = tables.where(
        "refunds", provider=given["provider"], provider_reference=given["reference"]
    )
    unknown = tables.where("refunds", charge_id=given["charge"], provider_reference=None)
    named = [row for row in unknown if str(row["identifier"]) in given["ours"]]
    return [{"id": row["id"]} for row in (same + named)[:1]]


def _named(tables: Tables, given: Row) -> list[Row]:
    refunds = tables.where("refunds", charge_id=given["charge"])
    return [{"exists": any(str(row["identifier"]) in given["ours"] for row in refunds)}]


def _in_flight(tables: Tables, given: Row) -> list[Row]:
    flying = tables.where(
        "refunds",
        charge_id=given["charge"],
        status=RefundStatus.PENDING,
        origin=Origin.OURS,
        stray_capture_id=given["stray"],
        provider_reference=None,
    )
    return [{"exists": bool(flying)}]


def _store_foreign(tables: Tables, given: Row) -> list[Row]:
    values = {
        "identifier": given["identifier"],
        "charge_id": given["charge"],
        "stray_capture_id": given["stray"],
        "provider": tables.rows["charges"][given["charge"]]["provider"],
        "provider_reference": given["reference"],
        "origin": Origin.PROVIDER,
        "amount_minor": given["amount"],
        "currency": given["currency"],
        "status": RefundStatus.PENDING,
    }
    return [tables.insert("refunds", values | dict.fromkeys(_INSTANTS, given["now"]))]


def _sum(tables: Tables, given: Row) -> list[Row]:
    charge = tables.rows["charges"][given["charge"]]
    refunds = tables.where(
        "refunds", charge_id=charge["id"], stray_capture_id=None, status=RefundStatus.SUCCEEDED
    )
    total, captured = sum(row["amount_minor"] for row in refunds), charge["amount_captured_minor"]
    written = {"amount_refunded_minor": min(total, captured), "updated_at": given["now"]}
    tables.update("charges", charge["id"], written)
    return [{"total": total, "captured": captured, "before": charge["amount_refunded_minor"]}]


def _update(tables: Tables, given: Row) -> list[Row]:
    values = {name: value for name, value in given.items() if name != "refund"}
    return [tables.update("refunds", given["refund"], values)]


def _append(tables: Tables, given: Row) -> list[Row]:
    return [tables.insert("refund_transitions", given)]


REFUNDS: Final[dict[Executable, Handler]] = {
    _CLAIM: _claim,
    _FREEZE: _update,
    _RENEW: _renew,
    _LOCK_REFUNDABLE: _lock_refundable,
    _STORE: _store,
    _CHARGE_OF: _charge_of,
    _LOCK: _lock,
    _FIND: _find,
    _NAMED: _named,
    _IN_FLIGHT: _in_flight,
    _STORE_FOREIGN: _store_foreign,
    _SUM: _sum,
    _UPDATE: _update,
    _APPEND: _append,
}
"""Keyed by the statements themselves."""
