"""The shim's statements about a new charge, as Postgres carries them out."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Executable

from proof.constraints import is_live
from proof.tables import Handler, Row, Tables
from shared.domain.charge import RELEASED, Status
from shared.repository.intake import _ACCEPT, _TARGET


def _target(tables: Tables, given: Row) -> list[Row]:
    order = tables.rows["orders"][given["id"]]
    charges = tables.where("charges", order_id=order["id"])
    standing = next((row for row in reversed(charges) if row["status"] not in RELEASED), None)
    found: Row = {
        "can_pay_by_stripe": True,
        "can_pay_by_paypal": True,
        "organizer_ids": [],
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
        return [{"instrument_order_id": owner, "charge_id": None}]
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
    return [{"instrument_order_id": owner, "charge_id": row["id"]}]


INTAKE: Final[dict[Executable, Handler]] = {_TARGET: _target, _ACCEPT: _accept}
"""Keyed by the statements themselves."""
