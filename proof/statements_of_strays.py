"""The worker's statements about stray captures, as Postgres carries them out."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Executable

from proof.tables import Handler, Row, Tables
from shared.domain.refund import Origin, RefundStatus
from shared.repository.strays import _FIND, _REFUND, _STORE


def _find(tables: Tables, given: Row) -> list[Row]:
    return tables.where(
        "stray_captures",
        provider=given["provider"],
        account=given["account"],
        capture_reference=given["capture"],
    )


def _store(tables: Tables, given: Row) -> list[Row]:
    return [tables.insert("stray_captures", given)]


def _refund(tables: Tables, given: Row) -> list[Row]:
    stray = tables.rows["stray_captures"][given["stray"]]
    same = ("charge_id", "provider", "amount_minor", "currency", "reason")
    values = {name: stray[name] for name in same} | {
        "identifier": given["identifier"],
        "stray_capture_id": stray["id"],
        "origin": Origin.OURS,
        "status": RefundStatus.PENDING,
        "requested_by": "chargehand",
    }
    instants = ("next_attempt_at", "dispatch_at", "created_at", "updated_at")
    return [tables.insert("refunds", values | dict.fromkeys(instants, given["now"]))]


STRAYS: Final[dict[Executable, Handler]] = {_FIND: _find, _STORE: _store, _REFUND: _refund}
"""Keyed by the statements themselves."""
