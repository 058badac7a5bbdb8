"""The catalogue routes: the ticketing platform tells its events and orders."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, url_for

from api_shim import runtime
from api_shim.access import demand_reader, find_order, row_key
from api_shim.errors import ApiError, pointer
from api_shim.identity import ORDERS_WRITE, demand
from api_shim.jsonapi import resource, respond
from api_shim.reading import read
from api_shim.schemas import EventAttributes, EventRequest, OrderAttributes, OrderRequest
from shared.db import unit_of_work
from shared.domain.errors import InvalidMoney
from shared.domain.money import Money
from shared.repository import catalogue

routes = Blueprint("catalogue", __name__)


@routes.post("/v1/events")
def post_event() -> Response:
    """Tell an event; the same identifier again is an update."""
    caller, attributes = runtime.caller(), read(EventRequest).data.attributes
    demand(caller, ORDERS_WRITE)
    event = catalogue.Event(**attributes.model_dump())
    with unit_of_work(runtime.deps().engine) as connection:
        event_id, is_new = catalogue.store_event(connection, event, runtime.deps().clock())
    status = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return respond({"data": _event(event_id, attributes)}, status)


@routes.post("/v1/orders")
def post_order() -> Response:
    """Tell an order; the same again is the same order, the same identifier otherwise a 409."""
    caller, data = runtime.caller(), read(OrderRequest).data
    demand(caller, ORDERS_WRITE)
    named = data.relationships.event.data.id
    with unit_of_work(runtime.deps().engine) as connection:
        event_id = catalogue.find_event(connection, row_key(named)[0], named)
        if event_id is None:
            detail = f"Event: {named} not found"
            source = pointer("/data/relationships/event")
            raise ApiError(HTTPStatus.NOT_FOUND, detail, source)
        order = _order(data.attributes, event_id)
        order_id = catalogue.store_order(connection, order, runtime.deps().clock())
        stored = catalogue.read_order(connection, order_id, order.identifier)
    assert stored is not None, "it was inserted, or stood there before"
    if stored.order != order:
        detail = "Another order has this identifier."
        raise ApiError(HTTPStatus.CONFLICT, detail, pointer("/data/attributes/identifier"))
    status = HTTPStatus.OK if order_id is None else HTTPStatus.CREATED
    location = {"Location": url_for("catalogue.get_order", order=stored.id)}
    return respond({"data": present(stored)}, status, location)


@routes.get("/v1/orders/<order>")
def get_order(order: str) -> Response:
    """An order as it stands."""
    caller = runtime.caller()
    with unit_of_work(runtime.deps().engine) as connection:
        stored = find_order(connection, order)
    demand_reader(caller, stored.order.user_id, stored.organizer_ids)
    return respond({"data": present(stored)}, HTTPStatus.OK)


def present(stored: catalogue.StoredOrder) -> dict[str, Any]:
    """An order as a resource object."""
    order = stored.order
    money = None if order.amount_minor is None else Money(order.amount_minor, order.currency)
    attributes = {
        "identifier": str(order.identifier),
        "user-id": order.user_id,
        "amount": money.major if money else None,
        "currency": order.currency,
        "payment-mode": order.payment_mode,
        "status": stored.status,
        "expires-at": _instant(order.expires_at),
        "completed-at": _instant(stored.completed_at),
        "created-at": _instant(stored.created_at),
    }
    links = {"self": url_for("catalogue.get_order", order=stored.id)}
    related = {"event": ("event", order.event_id)}
    return resource("order", stored.id, attributes, links=links, related=related)


def _event(event_id: int, attributes: EventAttributes) -> dict[str, Any]:
    links = {"self": f"/v1/events/{event_id}"}
    told = attributes.model_dump(mode="json", by_alias=True)
    return resource("event", event_id, told, links=links)


def _order(attributes: OrderAttributes, event_id: int) -> catalogue.Order:
    return catalogue.Order(
        identifier=attributes.identifier,
        event_id=event_id,
        user_id=attributes.user_id,
        amount_minor=_minor(attributes),
        currency=attributes.currency,
        payment_mode=attributes.payment_mode,
        expires_at=attributes.expires_at,
    )


def _minor(attributes: OrderAttributes) -> int | None:
    if attributes.amount is None:
        return None
    try:
        return Money.parse(attributes.amount, attributes.currency).amount_minor
    except InvalidMoney as invalid:
        source = pointer("/data/attributes/amount")
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, str(invalid), source) from None


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
