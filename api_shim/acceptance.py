"""Acceptance: a request becomes the order's new charge, or joins the one that stands."""

from __future__ import annotations

from http import HTTPStatus
from uuid import uuid4

from flask import url_for
from sqlalchemy import Connection

from api_shim import runtime
from api_shim.charging import (
    choose_account,
    choose_instrument,
    credentials_missing,
    demand_chargeable,
    fingerprint_of,
)
from api_shim.errors import ApiError
from api_shim.schemas.charges import ChargeAttributes
from shared.repository import intake
from shared.repository.views import ChargeView, read_charge, view_of_new


def accept(
    connection: Connection, target: intake.Target, attributes: ChargeAttributes
) -> tuple[ChargeView, bool]:
    """The charge, and whether it is new; ApiError for what stands against it.

    `target` is locked, so that of simultaneous requests the first one makes the charge.
    """
    standing = target.standing
    if standing is None:
        demand_chargeable(target)
    instrument = choose_instrument(attributes, target.payment_mode)
    mark = fingerprint_of(instrument, target.order_id)
    if standing:
        return _join(connection, target, standing, mark), False
    payable = choose_account(target, runtime.deps())
    new = intake.NewCharge(
        identifier=uuid4(),
        order_id=target.order_id,
        provider=payable.provider,
        money=payable.money,
        sealed_instrument=runtime.deps().vault.seal_instrument(instrument),
        fingerprint=mark,
        authorization=payable.authorization,
    )
    return _store(connection, target, new), True


def _store(connection: Connection, target: intake.Target, new: intake.NewCharge) -> ChargeView:
    now = runtime.deps().clock()
    accepted = intake.accept_charge(connection, new, now)
    if accepted.charge_id is not None:
        return view_of_new(target, new, accepted.charge_id, now)
    if accepted.instrument_order_id != new.order_id:
        detail = "This payment was already used by another order."
        raise ApiError(HTTPStatus.CONFLICT, detail, code="instrument_used")
    raise credentials_missing(new.provider)  # the authorization was revoked since it was read


def _join(
    connection: Connection, target: intake.Target, standing: intake.StandingCharge, mark: bytes
) -> ChargeView:
    if standing.fingerprint != mark:
        if not standing.is_live:
            demand_chargeable(target)
        raise ApiError(
            HTTPStatus.CONFLICT,
            "The order is being charged with another instrument.",
            code="charge_live",
            links={"about": url_for("charges.get_charge", charge=standing.id)},
        )
    view = read_charge(connection, standing.id)
    assert view is not None, "charges are never deleted"
    return view
