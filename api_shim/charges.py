"""The charge routes: a request becomes a committed charge, or a reason why not."""

from __future__ import annotations

from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from flask import Blueprint, Response, json, request, url_for
from sqlalchemy import Connection

from api_shim import runtime
from api_shim.access import demand_buyer, demand_reader, find_order, no_such_order, row_key
from api_shim.charging import choose_instrument, fingerprint_of, judge_order
from api_shim.errors import ApiError
from api_shim.jsonapi import resource, respond
from api_shim.reading import read
from api_shim.schemas import ChargeRequest
from shared.db import unit_of_work
from shared.domain.charge import SETTLED, Status
from shared.repository import intake
from shared.repository.views import ChargeView, read_charge, read_charges_of

routes = Blueprint("charges", __name__)

_LONGEST_KEY: Final = 255
_RETRY_AFTER: Final = {"Retry-After": "1"}


@routes.post("/v1/orders/<order>/charge")
def charge_order(order: str) -> Response:
    """Accept a charge: 202 once it is committed, which needs the database and nothing else."""
    caller, document = runtime.caller(), read(ChargeRequest)
    row_id, identifier = row_key(order)
    key = intake.CallerKey(caller.user_id, request.path, _idempotency_key())
    now = runtime.deps().clock()
    with unit_of_work(runtime.deps().engine) as connection:
        target = intake.lock_target(connection, intake.OrderKey(row_id, identifier), key, now)
        if target is None:
            raise no_such_order(order)
        demand_buyer(caller, target.user_id)
        charge_id, replayed = _accept(connection, target, document, key)
        view = _existing(connection, charge_id)
    headers = _RETRY_AFTER | {"Location": url_for("charges.get_charge", charge=view.id)}
    headers |= {"Idempotent-Replayed": "true"} if replayed else {}
    return respond({"data": present(view)}, HTTPStatus.ACCEPTED, headers)


@routes.get("/v1/charges/<charge>")
def get_charge(charge: str) -> Response:
    """A charge as it stands."""
    caller = runtime.caller()
    with unit_of_work(runtime.deps().engine) as connection:
        view = read_charge(connection, *row_key(charge))
    if view is None:
        detail = f"Charge with identifier: {charge[:64]} not found"
        raise ApiError(HTTPStatus.NOT_FOUND, detail, {"parameter": "charge_identifier"})
    demand_reader(caller, view.user_id, view.organizer_ids)
    live = view.status not in SETTLED
    return respond({"data": present(view)}, HTTPStatus.OK, _RETRY_AFTER if live else None)


@routes.get("/v1/orders/<order>/charges")
def get_charges_of_order(order: str) -> Response:
    """An order's charges, the newest first."""
    caller = runtime.caller()
    with unit_of_work(runtime.deps().engine) as connection:
        stored = find_order(connection, order)
        demand_reader(caller, stored.order.user_id, stored.organizer_ids)
        views = read_charges_of(connection, stored.id)
    return respond({"data": [present(view) for view in views]}, HTTPStatus.OK)


def present(view: ChargeView) -> dict[str, Any]:
    """A charge as a resource object; a payer's link to approve stands in `links.approve`."""
    attributes = {
        "identifier": str(view.identifier),
        "status": view.status.replace("_", "-"),
        "amount": view.money.major,
        "currency": view.money.currency,
        "payment-mode": view.provider,
        "failure-code": view.failure_code,
        "failure-message": _shown(view),
        "provider-reference": view.provider_reference,
        "attempts": view.attempts,
        "next-action": view.next_action,
        "paid-via": view.paid_via,
        "brand": view.brand,
        "last4": view.last4,
        "exp-month": view.exp_month,
        "exp-year": view.exp_year,
        "created-at": view.created_at.isoformat(),
        "updated-at": view.updated_at.isoformat(),
    }
    links = {"self": url_for("charges.get_charge", charge=view.id)}
    if view.next_action and "url" in view.next_action:
        links["approve"] = view.next_action["url"]
    related = {"order": ("order", view.order_id)}
    return resource("charge", view.id, attributes, links=links, related=related)


def _accept(
    connection: Connection,
    target: intake.Target,
    document: ChargeRequest,
    caller: intake.CallerKey,
) -> tuple[int, bool]:
    body = _canonical(document)
    if target.keyed_charge_id is not None:
        if target.keyed_fingerprint != body:
            detail = "This Idempotency-Key was used with another request."
            source = {"header": "Idempotency-Key"}
            raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, detail, source, "key_reused")
        return target.keyed_charge_id, True
    deps = runtime.deps()
    instrument = choose_instrument(document.data.attributes, target.payment_mode)
    mark = fingerprint_of(instrument, target.order_id)
    if target.live_charge_id is not None and target.live_fingerprint is not None:
        return _join(target.live_charge_id, target.live_fingerprint, mark)
    payable = judge_order(target, deps)
    new = intake.NewCharge(
        identifier=uuid4(),
        order_id=target.order_id,
        provider=payable.provider,
        money=payable.money,
        sealed_instrument=deps.vault.seal_instrument(instrument),
        fingerprint=mark,
        caller=caller,
        body_fingerprint=body,
    )
    return _store(connection, new)


def _store(connection: Connection, new: intake.NewCharge) -> tuple[int, bool]:
    accepted = intake.accept_charge(connection, new, runtime.deps().clock())
    if accepted.charge_id is not None:
        return accepted.charge_id, False
    if accepted.instrument_order_id != new.order_id:
        detail = "This payment was already used by another order."
        raise ApiError(HTTPStatus.CONFLICT, detail, code="instrument_used")
    live = intake.live_charge(connection, new.order_id)
    assert live is not None, "only a live charge keeps another out"
    return _join(*live, new.fingerprint)


def _join(live_id: int, live_fingerprint: bytes, mark: bytes) -> tuple[int, bool]:
    if live_fingerprint == mark:
        return live_id, True
    raise ApiError(
        HTTPStatus.CONFLICT,
        "The order is being charged with another instrument.",
        code="charge_live",
        links={"about": url_for("charges.get_charge", charge=live_id)},
    )


def _existing(connection: Connection, charge_id: int) -> ChargeView:
    view = read_charge(connection, charge_id)
    assert view is not None, "charges are never deleted"
    return view


def _shown(view: ChargeView) -> str | None:
    if view.status is Status.NEEDS_REVIEW:
        return "The payment is being looked into."
    return view.failure_message


def _canonical(document: ChargeRequest) -> bytes:
    attributes = document.data.attributes.model_dump(by_alias=True)
    return sha256(json.dumps(attributes, sort_keys=True).encode()).digest()


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not (0 < len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable()):
        detail = f"An Idempotency-Key has 1 to {_LONGEST_KEY} printable ASCII characters."
        raise ApiError(HTTPStatus.BAD_REQUEST, detail, {"header": "Idempotency-Key"})
    return key
