"""The event routes: the ticketing platform tells its events."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from flask import Response, url_for
from sqlalchemy import Connection

from api_shim import runtime
from api_shim.access import demand_same_id, event_key
from api_shim.door import Routes
from api_shim.errors import ApiError, pointer
from api_shim.identity import Caller
from api_shim.jsonapi import resource, respond
from api_shim.permissions import Parties, permit
from api_shim.schemas.events import EventChange, EventDocument, EventRequest
from shared.db import unit_of_work
from shared.repository import events

routes = Routes("events", __name__)

RELATED_EVENT: Final = "/data/relationships/event"


@routes.door(
    "POST",
    "/v1/events",
    summary="Tell an event; the same identifier again is an update",
    request=EventRequest,
    answers={201: EventDocument, 200: EventDocument, 403: None, 409: None},
)
def post_event(caller: Caller, document: EventRequest) -> Response:
    """Store the event."""
    permit(caller)
    event = events.Event(**document.data.attributes.model_dump())
    with unit_of_work(runtime.deps().engine) as connection:
        event_id, is_new = events.store_event(connection, event, runtime.deps().clock())
    if not is_new:
        return respond({"data": present(event_id, event)}, HTTPStatus.OK)
    location = {"Location": url_for("events.get_event", event=event_id)}
    return respond({"data": present(event_id, event)}, HTTPStatus.CREATED, location)


@routes.door(
    "GET",
    "/v1/events/<event>",
    summary="An event as it stands",
    answers={200: EventDocument, 403: None, 404: None},
)
def get_event(caller: Caller, event: str) -> Response:
    """Show the event."""
    with unit_of_work(runtime.deps().engine) as connection:
        event_id, found = find_event(connection, event)
    permit(caller, Parties(organizers=frozenset(found.organizer_ids)))
    return respond({"data": present(event_id, found)}, HTTPStatus.OK)


@routes.door(
    "PATCH",
    "/v1/events/<event>",
    summary="Change what is sent of an event",
    request=EventChange,
    answers={200: EventDocument, 403: None, 404: None, 409: None},
)
def patch_event(caller: Caller, document: EventChange, event: str) -> Response:
    """Change the event."""
    data, now = document.data, runtime.deps().clock()
    with unit_of_work(runtime.deps().engine) as connection:
        event_id, found = find_event(connection, event)
        permit(caller, Parties(organizers=frozenset(found.organizer_ids)))
        demand_same_id(data.id, str(event_id), found.identifier)
        changes = data.attributes.model_dump(include=data.attributes.model_fields_set)
        changed = events.update_event(connection, event_id, changes, now)
    return respond({"data": present(event_id, changed)}, HTTPStatus.OK)


def find_event(connection: Connection, name: str) -> tuple[int, events.Event]:
    """The event of that name in a URL, with its id; ApiError 404 without one."""
    found = events.find_event(connection, *event_key(name))
    if found is None:
        detail = f"Event: {name[:64]} not found"
        raise ApiError(HTTPStatus.NOT_FOUND, detail, {"parameter": "event_identifier"})
    return found


def find_related_event(connection: Connection, name: str) -> tuple[int, events.Event]:
    """The event that a document names, with its id; ApiError 404 without one."""
    found = events.find_event(connection, *event_key(name))
    if found is None:
        source = pointer(RELATED_EVENT)
        raise ApiError(HTTPStatus.NOT_FOUND, f"Event: {name[:64]} not found", source)
    return found


def present(event_id: int, event: events.Event) -> dict[str, Any]:
    """An event as a resource object."""
    attributes = {
        "identifier": event.identifier,
        "name": event.name,
        "currency": event.currency,
        "can-pay-by-stripe": event.can_pay_by_stripe,
        "can-pay-by-paypal": event.can_pay_by_paypal,
        "paypal-email": event.paypal_email,
        "organizer-ids": event.organizer_ids,
    }
    links = {"self": url_for("events.get_event", event=event_id)}
    return resource("event", event_id, attributes, links=links)
