"""The outbound event routes: what the ticketing platform was told, and telling it again."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response
from sqlalchemy import Connection

from api_shim import runtime
from api_shim.access import find_order, row_key
from api_shim.door import Routes
from api_shim.errors import ApiError
from api_shim.identity import Caller
from api_shim.jsonapi import respond
from api_shim.outbound_documents import accepted, page_of, present_event
from api_shim.permissions import permit
from api_shim.schemas.outbound_events import (
    EventPage,
    OutboundEventDocument,
    OutboundEventsDocument,
)
from shared.db import unit_of_work
from shared.repository import outbound_views as views
from shared.repository import outbox

routes = Routes("outbound_events", __name__)


@routes.door(
    "GET",
    "/v1/outbound-events",
    summary="What was told, of one order or of all, the newest first",
    query=EventPage,
    answers={200: OutboundEventsDocument, 403: None, 404: None},
)
def get_outbound_events(caller: Caller, query: EventPage) -> Response:
    """List a page of events."""
    permit(caller)
    page = page_of(query)
    with unit_of_work(runtime.deps().engine) as connection:
        order_id = find_order(connection, query.order).id if query.order is not None else None
        found = views.list_events(connection, order_id=order_id, before=page.before, most=page.most)
    shown = [present_event(event) for event in found]
    return respond(page.document(shown), HTTPStatus.OK)


@routes.door(
    "GET",
    "/v1/outbound-events/<outbound_event>",
    summary="What was told",
    answers={200: OutboundEventDocument, 403: None, 404: None},
)
def get_outbound_event(caller: Caller, outbound_event: str) -> Response:
    """Show the event."""
    permit(caller)
    with unit_of_work(runtime.deps().engine) as connection:
        found = _find(connection, outbound_event)
    return respond({"data": present_event(found)}, HTTPStatus.OK)


@routes.door(
    "POST",
    "/v1/outbound-events/<outbound_event>/replay",
    summary="Tell it again, under the same id, to every endpoint that wants it",
    answers={202: OutboundEventDocument, 403: None, 404: None},
)
def replay_outbound_event(caller: Caller, outbound_event: str) -> Response:
    """Make its deliveries due."""
    permit(caller)
    with unit_of_work(runtime.deps().engine) as connection:
        found = _find(connection, outbound_event)
        outbox.replay(connection, found.id, runtime.deps().clock())
    return accepted(found)


def _find(connection: Connection, name: str) -> views.EventView:
    found = views.read_event(connection, *row_key(name))
    if found is None:
        detail = f"OutboundEvent: {name[:64]} not found"
        raise ApiError(HTTPStatus.NOT_FOUND, detail, {"parameter": "outbound_event"})
    return found
