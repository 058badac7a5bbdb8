"""The Orders v2 API."""

from sandbox.call import Call
from sandbox.paypal.answers import preferred
from sandbox.paypal.arrivals import parameters
from sandbox.paypal.books import books_of, find_order, moment
from sandbox.paypal.capturing import capture_order
from sandbox.paypal.identifiers import transaction_id
from sandbox.paypal.objects import Api, Json, Order, OrderStatus
from sandbox.paypal.order_request import read_order, read_units, redirects
from sandbox.paypal.problems import Detail, invalid
from sandbox.paypal.refund_request import read_capture
from sandbox.paypal.render_v2 import minimal_order, order_body
from sandbox.reply import Reply, json_reply


def create_order(call: Call) -> Reply:
    """POST /v2/checkout/orders."""
    body = read_order(parameters(call.arrival))
    has_source = "payment_source" in body
    if has_source and not call.idempotency_key:
        raise invalid(Detail("PAYPAL_REQUEST_ID_REQUIRED"))
    return_url, cancel_url = redirects(body)
    now = moment(call)
    order = Order(
        id=transaction_id(),
        api=Api.V2,
        intent=body["intent"],
        status=OrderStatus.PAYER_ACTION_REQUIRED if has_source else OrderStatus.CREATED,
        units=read_units(body),
        created_at=now,
        updated_at=now,
        return_url=return_url,
        cancel_url=cancel_url,
    )
    books_of(call).keep(order)
    return _shown(call, order, 201)


def show_order(call: Call) -> Reply:
    """GET /v2/checkout/orders/{id}: always the whole representation."""
    return json_reply(_whole(call, find_order(call, call.route["id"], Api.V2)))


def capture(call: Call) -> Reply:
    """POST /v2/checkout/orders/{id}/capture."""
    read_capture(parameters(call.arrival))
    order = find_order(call, call.route["id"], Api.V2)
    return _shown(call, capture_order(call, order), 201)


def latest_order(call: Call, order_id: str) -> Reply:
    """Show what a replayed create or capture answers."""
    return _shown(call, books_of(call).orders[order_id], 200)


def _shown(call: Call, order: Order, status: int) -> Reply:
    minimal = minimal_order(order, books_of(call).base)
    return preferred(call, _whole(call, order), minimal, status)


def _whole(call: Call, order: Order) -> Json:
    books = books_of(call)
    return order_body(order, books.captures_of(order), books.refunds_of(order), books.base)
