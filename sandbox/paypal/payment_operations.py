"""The deprecated Payments v1 API."""

from dataclasses import replace

from sandbox.call import Call
from sandbox.paypal.arrivals import parameters
from sandbox.paypal.books import books_of, find_capture, find_order, find_refund, moment
from sandbox.paypal.capturing import capture_order
from sandbox.paypal.identifiers import payment_id
from sandbox.paypal.objects import Api, Json, Order, OrderStatus
from sandbox.paypal.payment_request import read_execution, read_payment, read_transactions
from sandbox.paypal.problems import Problem, unprocessable
from sandbox.paypal.refund_request import read_sale_refund
from sandbox.paypal.refunding import refund_capture
from sandbox.paypal.render_v1 import payment_body, sale_body, sale_refund_body
from sandbox.reply import Reply, json_reply


def create_payment(call: Call) -> Reply:
    """POST /v1/payments/payment; no request id protects it [P]."""
    body = read_payment(parameters(call.arrival))
    now = moment(call)
    payment = Order(
        id=payment_id(),
        api=Api.V1,
        intent=body["intent"],
        status=OrderStatus.CREATED,
        units=read_transactions(body),
        created_at=now,
        updated_at=now,
        return_url=body["redirect_urls"]["return_url"],
        cancel_url=body["redirect_urls"]["cancel_url"],
    )
    books_of(call).keep(payment)
    return json_reply(_whole(call, payment), 201)


def show_payment(call: Call) -> Reply:
    """GET /v1/payments/payment/{id}."""
    return json_reply(_whole(call, find_order(call, call.route["id"], Api.V1)))


def execute(call: Call) -> Reply:
    """POST /v1/payments/payment/{id}/execute; answers 200, not 201."""
    payer_id = read_execution(parameters(call.arrival))
    payment = find_order(call, call.route["id"], Api.V1)
    if payment.payer is not None and payment.payer_id != payer_id:
        raise unprocessable("INVALID_PAYER_ID")
    try:
        return json_reply(_whole(call, capture_order(call, payment)))
    except Problem as refused:
        _note_failure(call, payment, refused)
        raise


def show_sale(call: Call) -> Reply:
    """GET /v1/payments/sale/{id}."""
    found = find_capture(call, call.route["id"], Api.V1)
    return json_reply(sale_body(found, books_of(call).base))


def refund_sale(call: Call) -> Reply:
    """POST /v1/payments/sale/{id}/refund."""
    wish = read_sale_refund(parameters(call.arrival))
    found = find_capture(call, call.route["id"], Api.V1)
    given_back = refund_capture(call, found, wish)
    return json_reply(sale_refund_body(given_back, books_of(call).base), 201)


def show_refund(call: Call) -> Reply:
    """GET /v1/payments/refund/{id}."""
    found = find_refund(call, call.route["id"], Api.V1)
    return json_reply(sale_refund_body(found, books_of(call).base))


def latest_payment(call: Call, payment_id: str) -> Reply:
    """Show what a replayed execution answers."""
    return json_reply(_whole(call, books_of(call).orders[payment_id]))


def latest_refund(call: Call, refund_id: str) -> Reply:
    """Show what a replayed refund answers."""
    return json_reply(sale_refund_body(books_of(call).refunds[refund_id], books_of(call).base))


def _note_failure(call: Call, payment: Order, refused: Problem) -> None:
    reason = refused.details[0].issue
    if payment.status is OrderStatus.APPROVED:
        books_of(call).keep(replace(payment, failure_reason=reason))


def _whole(call: Call, payment: Order) -> Json:
    books = books_of(call)
    return payment_body(payment, books.captures_of(payment), books.refunds_of(payment), books.base)
