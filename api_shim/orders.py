"""The order routes: the ticketing platform tells its orders, buyers and organizers see theirs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from flask import Response, request, url_for

from api_shim import runtime
from api_shim.access import demand_same_id, find_order
from api_shim.cursor import page_link, read_cursor
from api_shim.door import Routes
from api_shim.errors import ApiError, pointer
from api_shim.events import find_related_event
from api_shim.identity import ADMIN, Caller
from api_shim.jsonapi import instant, resource, respond
from api_shim.permissions import Parties, permit
from api_shim.schemas.orders import (
    OrderAttributes,
    OrderChange,
    OrderDocument,
    OrderPage,
    OrderRequest,
    OrdersDocument,
)
from shared.db import unit_of_work
from shared.domain.charge import OrderStatus
from shared.domain.money import Money
from shared.repository import orders

routes = Routes("orders", __name__)

_STATUS: Final = pointer("/data/attributes/status")


@routes.door(
    "POST",
    "/v1/orders",
    summary="Tell an order; the same again is the same order",
    request=OrderRequest,
    answers={201: OrderDocument, 200: OrderDocument, 403: None, 404: None, 409: None},
)
def post_order(caller: Caller, document: OrderRequest) -> Response:
    """Store the order; the same identifier with anything else is a 409."""
    permit(caller)
    data, named = document.data, document.data.relationships.event.data.id
    with unit_of_work(runtime.deps().engine) as connection:
        event_id, _ = find_related_event(connection, named)
        order = _order(data.attributes, event_id)
        order_id = orders.store_order(connection, order, runtime.deps().clock())
        stored = orders.read_order(connection, order_id, order.identifier)
    assert stored is not None, "it was inserted, or stood there before"
    if stored.order != order:
        detail = "Another order has this identifier."
        raise ApiError(HTTPStatus.CONFLICT, detail, pointer("/data/attributes/identifier"))
    status = HTTPStatus.OK if order_id is None else HTTPStatus.CREATED
    location = {"Location": url_for("orders.get_order", order=stored.id)}
    return respond({"data": present(stored)}, status, location)


@routes.door(
    "GET",
    "/v1/orders",
    summary="The caller's orders and those of its events, the newest first; an admin's: all",
    query=OrderPage,
    answers={200: OrdersDocument},
)
def get_orders(caller: Caller, query: OrderPage) -> Response:
    """List a page of orders."""
    permit(caller)
    selection = orders.Selection(
        user_id=None if caller.may(ADMIN) else caller.user_id,
        status=OrderStatus(query.status) if query.status else None,
        event=query.event,
        before=read_cursor(query.after),
        most=query.size + 1,
    )
    with unit_of_work(runtime.deps().engine) as connection:
        found = orders.list_orders(connection, selection)
    shown = found[: query.size]
    links = {"self": request.full_path.rstrip("?"), "next": None}
    if len(found) > query.size:
        links["next"] = page_link(after=shown[-1].id)
    return respond({"data": [present(order) for order in shown], "links": links}, HTTPStatus.OK)


@routes.door(
    "GET",
    "/v1/orders/<order>",
    summary="An order as it stands",
    answers={200: OrderDocument, 403: None, 404: None},
)
def get_order(caller: Caller, order: str) -> Response:
    """Show the order."""
    with unit_of_work(runtime.deps().engine) as connection:
        stored = find_order(connection, order)
    permit(caller, Parties(stored.order.user_id, stored.organizer_ids))
    return respond({"data": present(stored)}, HTTPStatus.OK)


@routes.door(
    "PATCH",
    "/v1/orders/<order>",
    summary="Cancel an unpaid order",
    request=OrderChange,
    answers={200: OrderDocument, 403: None, 404: None, 409: None},
)
def patch_order(caller: Caller, document: OrderChange, order: str) -> Response:
    """Cancel the order; every other status is written by money or time."""
    data, now = document.data, runtime.deps().clock()
    with unit_of_work(runtime.deps().engine) as connection:
        stored = find_order(connection, order, lock=True)
        permit(caller, Parties(stored.order.user_id, stored.organizer_ids))
        demand_same_id(data.id, str(stored.id), str(stored.order.identifier))
        _demand_cancelled(data.attributes.status)
        if stored.status is not OrderStatus.CANCELLED:
            _cancel(orders.cancel_order(connection, stored.id, now), stored.status)
        stored = find_order(connection, str(stored.id))
    return respond({"data": present(stored)}, HTTPStatus.OK)


def present(stored: orders.StoredOrder) -> dict[str, Any]:
    """An order as a resource object."""
    order = stored.order
    money = None if order.amount_minor is None else Money(order.amount_minor, order.currency)
    attributes = {
        "identifier": str(order.identifier),
        "user-id": order.user_id,
        "amount": money.major if money else None,
        "currency": order.currency,
        "amount-refunded": Money(stored.refunded_minor, order.currency).major,
        "payment-mode": order.payment_mode,
        "status": stored.status,
        "expires-at": instant(order.expires_at),
        "completed-at": instant(stored.completed_at),
        "created-at": instant(stored.created_at),
    }
    links = {"self": url_for("orders.get_order", order=stored.id)}
    related = {"event": ("event", order.event_id)}
    return resource("order", stored.id, attributes, links=links, related=related)


def _demand_cancelled(status: str) -> None:
    if status == OrderStatus.COMPLETED:
        detail = "An order is completed by its payment alone."
        raise ApiError(HTTPStatus.FORBIDDEN, detail, _STATUS)
    if status != OrderStatus.CANCELLED:
        detail = "The status of an order can be set to cancelled only."
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, detail, _STATUS)


def _cancel(is_cancelled: bool, status: OrderStatus) -> None:  # noqa: FBT001 what the statement said
    if is_cancelled:
        return
    if status is OrderStatus.PENDING:
        detail = "The order is being charged; cancel its charge first."
        raise ApiError(HTTPStatus.CONFLICT, detail, code="charge_live")
    raise ApiError(HTTPStatus.CONFLICT, f"The order is {status}.", code="order_closed")


def _order(attributes: OrderAttributes, event_id: int) -> orders.Order:
    return orders.Order(
        identifier=attributes.identifier,
        event_id=event_id,
        user_id=attributes.user_id,
        amount_minor=attributes.amount_minor,
        currency=attributes.currency,
        payment_mode=attributes.payment_mode,
        expires_at=attributes.expires_at,
    )
