"""Acceptance: a request becomes the order's new charge, or joins the one that is live."""

from __future__ import annotations

from http import HTTPStatus
from uuid import uuid4

from flask import url_for
from sqlalchemy import Connection

from api_shim import runtime
from api_shim.charging import choose_instrument, credentials_missing, fingerprint_of, judge_order
from api_shim.errors import ApiError
from api_shim.schemas.charges import ChargeAttributes
from shared.repository import intake
from shared.repository.views import ChargeView, read_charge


def accept(
    connection: Connection, target: intake.Target, attributes: ChargeAttributes
) -> tuple[ChargeView, bool]:
    """The charge, and whether it is new; ApiError for what stands against it.

    `target` is locked, so that of simultaneous requests the first one makes the charge.
    """
    instrument = choose_instrument(attributes, target.payment_mode)
    mark = fingerprint_of(instrument, target.order_id)
    if target.live_charge_id is not None and target.live_fingerprint is not None:
        return _join(connection, target.live_charge_id, target.live_fingerprint, mark), False
    payable = judge_order(target, runtime.deps())
    new = intake.NewCharge(
        identifier=uuid4(),
        order_id=target.order_id,
        provider=payable.provider,
        money=payable.money,
        sealed_instrument=runtime.deps().vault.seal_instrument(instrument),
        fingerprint=mark,
        authorization=payable.authorization,
    )
    return _store(connection, new)


def _store(connection: Connection, new: intake.NewCharge) -> tuple[ChargeView, bool]:
    accepted = intake.accept_charge(connection, new, runtime.deps().clock())
    if accepted.charge is not None:
        return accepted.charge, True
    if accepted.instrument_order_id != new.order_id:
        detail = "This payment was already used by another order."
        raise ApiError(HTTPStatus.CONFLICT, detail, code="instrument_used")
    live = intake.live_charge(connection, new.order_id)
    if live is None:  # what kept it out is an authorization revoked since it was read
        raise credentials_missing(new.provider)
    return _join(connection, *live, new.fingerprint), False


def _join(connection: Connection, live_id: int, live_fingerprint: bytes, mark: bytes) -> ChargeView:
    if live_fingerprint != mark:
        raise ApiError(
            HTTPStatus.CONFLICT,
            "The order is being charged with another instrument.",
            code="charge_live",
            links={"about": url_for("charges.get_charge", charge=live_id)},
        )
    view = read_charge(connection, live_id)
    assert view is not None, "charges are never deleted"
    return view
