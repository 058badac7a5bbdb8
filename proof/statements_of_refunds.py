"""The worker's statements about refunds, as Postgres carries them out."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Executable

from proof.statements import Handler
from proof.tables import Row, Tables
from shared.domain.refund import Origin, RefundStatus
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
    instants = ("next_attempt_at", "dispatch_at", "created_at", "updated_at")
    return [tables.insert("refunds", values | dict.fromkeys(instants, given["now"]))]


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
