"""Events: what the providers told, what the ticketing platform is told; each can be told again."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from api_shim import runtime
from api_shim.console.room import mandate, room, row_id, show
from shared.db import unit_of_work
from shared.domain.outbound import DeliveryStatus
from shared.operations.outbound import tell_again
from shared.operations.replay import dry_run, redrive
from shared.repository import event_lists, outbound_views, outbox
from shared.repository.charge_lists import NEWEST
from shared.repository.endpoints import MOST_ENDPOINTS, list_endpoints

routes = room("ops_events")

_PAGE: Final = 50


@routes.get("/webhooks")
def webhooks() -> Response:
    """List what the providers told, the newest first."""
    is_waiting = "waiting" in request.args
    before = row_id("before", NEWEST)
    with unit_of_work(runtime.deps().engine) as connection:
        found = event_lists.list_events(
            connection, is_waiting=is_waiting, before=before, most=_PAGE
        )
    return show("webhooks", events=found, is_waiting=is_waiting, page=_PAGE)


@routes.get("/webhooks/<row:event_id>")
def webhook(event_id: int) -> Response:
    """Show one event; asked for a dry run, with what today's code would make of it."""
    deps = runtime.deps()
    with unit_of_work(deps.engine) as connection:
        found = event_lists.read_event(connection, event_id)
        body = event_lists.read_body(connection, event_id)
    if found is None:
        abort(HTTPStatus.NOT_FOUND, f"There is no webhook event {event_id}.")
    replay = dry_run(deps, event_id) if "dry-run" in request.args else None
    return show("webhook", event=found, body=body, replay=replay)


@routes.post("/webhooks/<row:event_id>/replay")
def replay_webhook(event_id: int) -> AnyResponse:
    """Let the event be handled again."""
    redrive(runtime.deps(), event_id, mandate())
    return redirect(url_for("ops_events.webhook", event_id=event_id), HTTPStatus.SEE_OTHER)


@routes.get("/outbound")
def outbound() -> Response:
    """List what the platform is told, the newest first, and the endpoints that take it."""
    chosen = request.args.get("status", "")
    if chosen and chosen not in list(DeliveryStatus):
        abort(HTTPStatus.BAD_REQUEST, "There is no such status.")
    status = DeliveryStatus(chosen) if chosen else None
    before = row_id("before", NEWEST)
    with unit_of_work(runtime.deps().engine) as connection:
        found = outbound_views.list_events(connection, status=status, before=before, most=_PAGE)
        states = outbound_views.delivery_states(connection, [event.id for event in found])
        endpoints = list_endpoints(connection, None, MOST_ENDPOINTS)
    return show(
        "outbound",
        events=found,
        states=states,
        endpoints=endpoints,
        chosen=chosen,
        statuses=DeliveryStatus,
        page=_PAGE,
    )


@routes.get("/outbound/<row:event_id>")
def outbound_event(event_id: int) -> Response:
    """Show one event, with each try to tell of it and what it was answered."""
    with unit_of_work(runtime.deps().engine) as connection:
        found = outbound_views.read_event(connection, event_id, None)
        deliveries = outbound_views.deliveries_of(connection, event_id)
        is_wanted = outbox.is_wanted(connection, event_id)
    if found is None:
        abort(HTTPStatus.NOT_FOUND, f"There is no outbound event {event_id}.")
    return show("outbound_event", event=found, deliveries=deliveries, is_wanted=is_wanted)


@routes.get("/deliveries/<row:delivery_id>")
def delivery(delivery_id: int) -> AnyResponse:
    """Go to the event of a delivery, as Flower leads to it."""
    with unit_of_work(runtime.deps().engine) as connection:
        event_id = outbound_views.event_of(connection, delivery_id)
    if event_id is None:
        abort(HTTPStatus.NOT_FOUND, f"There is no delivery {delivery_id}.")
    return redirect(url_for("ops_events.outbound_event", event_id=event_id))


@routes.post("/outbound/<row:event_id>/replay")
def replay_outbound(event_id: int) -> AnyResponse:
    """Tell the platform again."""
    tell_again(runtime.deps(), event_id, mandate())
    return redirect(url_for("ops_events.outbound_event", event_id=event_id), HTTPStatus.SEE_OTHER)
