"""The refund routes: captured money goes back, wholly or in parts."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

import structlog
from flask import Response, url_for
from sqlalchemy import Connection

from api_shim import idempotency, runtime
from api_shim.access import find_charge, no_such_charge, row_key
from api_shim.door import Routes
from api_shim.errors import ApiError, pointer
from api_shim.identity import Caller
from api_shim.jsonapi import resource, respond
from api_shim.permissions import Parties, permit
from api_shim.schemas.refunds import (
    RefundAttributes,
    RefundDocument,
    RefundRequest,
    RefundsDocument,
)
from shared.crash_points import CrashPoint, reached
from shared.db import unit_of_work
from shared.domain.errors import InvalidMoney, UnrepresentableAmount
from shared.domain.money import Money
from shared.domain.refund import RefundStatus
from shared.domain.wire_amount import ensure_chargeable
from shared.observability import about
from shared.repository import refund_intake as intake
from shared.repository.idempotency import find_answer

routes = Routes("refunds", __name__)
log = structlog.get_logger()

_AMOUNT: Final = pointer("/data/attributes/amount")


@routes.door(
    "POST",
    "/v1/charges/<charge>/refunds",
    summary="Refund a captured charge, wholly or in part: 202 once the refund is committed",
    request=RefundRequest,
    headers=("Idempotency-Key",),
    answers={202: RefundDocument, 403: None, 404: None, 409: None},
)
def post_refund(caller: Caller, document: RefundRequest, charge: str) -> Response:
    """Accept a refund. Asked twice without a key, these are two refunds."""
    key = idempotency.caller_key(caller)
    with unit_of_work(runtime.deps().engine) as connection:
        target = intake.lock_refundable(connection, *row_key(charge))
        if target is None:
            raise no_such_charge(charge)
        permit(caller, Parties(target.user_id, target.organizer_ids))
        body = idempotency.fingerprint(key, document, target.id)
        if answered := find_answer(connection, key):
            return idempotency.replay(answered, body)
        view = _accept(connection, caller, target, document.data.attributes)
        headers = idempotency.RETRY_AFTER | {
            "Location": url_for("refunds.get_refund", refund=view.id)
        }
        answer = respond({"data": present(view)}, HTTPStatus.ACCEPTED, headers)
        remembered = idempotency.remember(connection, key, body, answer)
    about(charge_id=target.id, refund_id=view.id)
    log.info("refund.accepted")
    reached(CrashPoint.REFUND_ACCEPTED)
    return remembered


@routes.door(
    "GET",
    "/v1/charges/<charge>/refunds",
    summary="A charge's refunds, the newest first, a hundred at most",
    answers={200: RefundsDocument, 403: None, 404: None},
)
def get_refunds(caller: Caller, charge: str) -> Response:
    """List the charge's refunds, those made at the provider included."""
    with unit_of_work(runtime.deps().engine) as connection:
        found = find_charge(connection, charge)
        permit(caller, Parties(found.user_id, found.organizer_ids))
        views = intake.read_refunds_of(connection, found.id)
    return respond({"data": [present(view) for view in views]}, HTTPStatus.OK)


@routes.door(
    "GET",
    "/v1/refunds/<refund>",
    summary="A refund as it stands",
    answers={200: RefundDocument, 403: None, 404: None},
)
def get_refund(caller: Caller, refund: str) -> Response:
    """Show the refund."""
    with unit_of_work(runtime.deps().engine) as connection:
        view = intake.read_refund(connection, *row_key(refund))
    if view is None:
        detail = f"Refund with identifier: {refund[:64]} not found"
        raise ApiError(HTTPStatus.NOT_FOUND, detail, {"parameter": "refund_identifier"})
    permit(caller, Parties(view.user_id, view.organizer_ids))
    waits = view.status is RefundStatus.PENDING
    return respond(
        {"data": present(view)}, HTTPStatus.OK, idempotency.RETRY_AFTER if waits else None
    )


def present(view: intake.RefundView) -> dict[str, Any]:
    """A refund as a resource object."""
    attributes = {
        "identifier": str(view.identifier),
        "status": view.status.replace("_", "-"),
        "amount": view.money.major,
        "currency": view.money.currency,
        "reason": view.reason,
        "origin": view.origin,
        "stray-capture": view.stray_capture,
        "provider-reference": view.provider_reference,
        "failure-code": view.failure_code,
        "failure-message": view.failure_message,
        "created-at": view.created_at.isoformat(),
        "updated-at": view.updated_at.isoformat(),
    }
    links = {"self": url_for("refunds.get_refund", refund=view.id)}
    related = {"charge": ("charge", view.charge_id), "order": ("order", view.order_id)}
    return resource("refund", view.id, attributes, links=links, related=related)


def _accept(
    connection: Connection,
    caller: Caller,
    target: intake.Refundable,
    attributes: RefundAttributes,
) -> intake.RefundView:
    money = _wished(attributes.amount, target)
    if not target.captured.amount_minor:
        status = target.status.replace("_", "-")
        detail = f"Only a captured charge can be refunded; this one is {status}."
        raise ApiError(HTTPStatus.CONFLICT, detail, code="charge_not_captured")
    new = intake.NewRefund(uuid4(), target.id, money, attributes.reason, caller.user_id)
    stored = intake.store_refund(connection, new, runtime.deps().clock())
    if isinstance(stored, int):
        remaining = Money(max(stored, 0), target.captured.currency)
        detail = f"Of this charge {remaining} is left to refund."
        raise ApiError(HTTPStatus.CONFLICT, detail, code="refund_above_captured")
    return stored


def _wished(amount: str | None, target: intake.Refundable) -> Money | None:
    if amount is None:
        return None
    try:
        money = Money.parse(amount, target.captured.currency)
        if 0 < money.amount_minor <= target.captured.amount_minor:
            ensure_chargeable(money, target.provider)
    except (InvalidMoney, UnrepresentableAmount) as invalid:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, str(invalid), _AMOUNT) from None
    if money.amount_minor == 0:
        detail = "A refund of nothing is none."
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, detail, _AMOUNT)
    return money
