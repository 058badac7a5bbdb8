"""The charge routes: a request becomes a committed charge, which its buyer can follow."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import structlog
from flask import Response, request, url_for

from api_shim import idempotency, runtime
from api_shim.acceptance import accept
from api_shim.access import find_charge, find_order, no_such_order, row_key
from api_shim.door import Routes
from api_shim.errors import ApiError
from api_shim.identity import Caller
from api_shim.jsonapi import instant, resource, respond
from api_shim.permissions import Parties, permit
from api_shim.schemas.charges import ChargeDocument, ChargeRequest, ChargesDocument, Wait
from shared.crash_points import CrashPoint, reached
from shared.db import unit_of_work
from shared.domain.charge import SETTLED, Status
from shared.domain.errors import ActionRefused
from shared.observability import about
from shared.operations.calling_off import call_off
from shared.repository import intake
from shared.repository.charges import lock_charge
from shared.repository.views import ChargeView, read_charges_of
from shared.settlement import Source

routes = Routes("charges", __name__)
log = structlog.get_logger()


@routes.door(
    "POST",
    "/v1/orders/<order>/charge",
    summary="Charge an order: 202 once the charge is committed",
    request=ChargeRequest,
    headers=("Idempotency-Key",),
    answers={202: ChargeDocument, 403: None, 404: None, 409: None},
)
def charge_order(caller: Caller, document: ChargeRequest, order: str) -> Response:
    """Accept a charge, which needs the database and nothing else."""
    key, now = idempotency.caller_key(caller), runtime.deps().clock()
    with unit_of_work(runtime.deps().engine) as connection:
        target = intake.lock_target(connection, intake.OrderKey(*row_key(order)), key, now)
        if target is None:
            raise no_such_order(order)
        permit(caller, Parties(target.user_id))
        body = idempotency.fingerprint(key, document, target.order_id)
        if target.answered:
            return idempotency.replay(target.answered, body)
        view, is_new = accept(connection, target, document.data.attributes)
        answer = _accepted(view, is_new=is_new)
        remembered = idempotency.remember(connection, key, body, answer)
    about(charge_id=view.id)
    log.info("charge.accepted", provider=str(view.provider), is_new=is_new)
    reached(CrashPoint.CHARGE_ACCEPTED)
    return remembered


@routes.door(
    "GET",
    "/v1/charges/<charge>",
    summary="A charge as it stands, or once it changed: ?wait=<seconds>",
    query=Wait,
    headers=("If-None-Match",),
    answers={200: ChargeDocument, 304: None, 403: None, 404: None},
)
def get_charge(caller: Caller, query: Wait, charge: str) -> Response:
    """Show the charge; with `wait`, not before it is another than `If-None-Match` says."""
    view = _find(charge)
    permit(caller, Parties(view.user_id, view.organizer_ids))
    known, seconds = request.if_none_match, query.wait
    if view.status in SETTLED or (
        known and not known.contains_weak(_told(view).get_etag()[0] or "")
    ):
        seconds = 0
    view = runtime.patience().until_changed(lambda: _find(charge), view, seconds)
    answer = _told(view)
    answer.make_conditional(request)
    return answer


@routes.door(
    "GET",
    "/v1/orders/<order>/charges",
    summary="An order's charges, the newest first, a hundred at most",
    answers={200: ChargesDocument, 403: None, 404: None},
)
def get_charges_of_order(caller: Caller, order: str) -> Response:
    """List the order's charges."""
    with unit_of_work(runtime.deps().engine) as connection:
        stored = find_order(connection, order)
        permit(caller, Parties(stored.order.user_id, stored.organizer_ids))
        views = read_charges_of(connection, stored.id)
    return respond({"data": [present(view) for view in views]}, HTTPStatus.OK)


@routes.door(
    "POST",
    "/v1/charges/<charge>/cancel",
    summary="Cancel a charge: at once, or as soon as its provider confirms it",
    answers={202: ChargeDocument, 403: None, 404: None, 409: None},
)
def cancel_charge(caller: Caller, charge: str) -> Response:
    """Keep the wish; what the provider says of it decides. Wished again, it is the same wish."""
    with unit_of_work(runtime.deps().engine) as connection:
        view = find_charge(connection, charge)
        permit(caller, Parties(view.user_id))
        try:
            source = Source("shim", evidence={"user": caller.user_id})
            call_off(connection, runtime.deps(), lock_charge(connection, view.id), source)
        except ActionRefused as late:
            raise ApiError(HTTPStatus.CONFLICT, str(late), code="not_cancellable") from None
        view = find_charge(connection, str(view.id))
    log.info("charge.called_off")
    reached(CrashPoint.CHARGE_CALLED_OFF)
    return _accepted(view, is_new=True)


def present(view: ChargeView) -> dict[str, Any]:
    """A charge as a resource object; a payer's link to approve stands in `links.approve`."""
    attributes = {
        "identifier": str(view.identifier),
        "status": view.status.replace("_", "-"),
        "amount": view.money.major,
        "currency": view.money.currency,
        "amount-refunded": view.refunded.major,
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
        "pending-reason": view.pending_reason,
        "cancel-requested-at": instant(view.cancel_requested_at),
        "created-at": view.created_at.isoformat(),
        "updated-at": view.updated_at.isoformat(),
    }
    links = {"self": url_for("charges.get_charge", charge=view.id)}
    if view.next_action and "url" in view.next_action:
        links["approve"] = view.next_action["url"]
    related = {"order": ("order", view.order_id)}
    return resource("charge", view.id, attributes, links=links, related=related)


def _accepted(view: ChargeView, *, is_new: bool) -> Response:
    shown = present(view)
    headers = idempotency.RETRY_AFTER | {"Location": shown["links"]["self"]}
    headers |= {} if is_new else idempotency.REPLAYED
    return respond({"data": shown}, HTTPStatus.ACCEPTED, headers)


def _told(view: ChargeView) -> Response:
    headers = None if view.status in SETTLED else idempotency.RETRY_AFTER
    answer = respond({"data": present(view)}, HTTPStatus.OK, headers)
    answer.add_etag()
    return answer


def _find(charge: str) -> ChargeView:
    with unit_of_work(runtime.deps().engine) as connection:
        return find_charge(connection, charge)


def _shown(view: ChargeView) -> str | None:
    if view.status is Status.NEEDS_REVIEW:
        return "The payment is being looked into."
    return view.failure_message
