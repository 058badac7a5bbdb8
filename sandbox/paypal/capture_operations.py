"""The Payments v2 API."""

from sandbox.call import Call
from sandbox.paypal.answers import preferred
from sandbox.paypal.arrivals import parameters
from sandbox.paypal.books import books_of, find_capture, find_refund
from sandbox.paypal.objects import Api, Refund
from sandbox.paypal.refund_request import read_refund
from sandbox.paypal.refunding import refund_capture
from sandbox.paypal.render_v2 import capture_body, minimal, refund_body
from sandbox.reply import Reply, json_reply


def show_capture(call: Call) -> Reply:
    """GET /v2/payments/captures/{id}."""
    found = find_capture(call, call.route["id"], Api.V2)
    return json_reply(capture_body(found, books_of(call).base))


def refund(call: Call) -> Reply:
    """POST /v2/payments/captures/{id}/refund."""
    wish = read_refund(parameters(call.arrival))
    found = find_capture(call, call.route["id"], Api.V2)
    return _shown(call, refund_capture(call, found, wish), 201)


def show_refund(call: Call) -> Reply:
    """GET /v2/payments/refunds/{id}."""
    found = find_refund(call, call.route["id"], Api.V2)
    return json_reply(refund_body(found, books_of(call).base))


def latest_refund(call: Call, refund_id: str) -> Reply:
    """Show what a replayed refund answers."""
    return _shown(call, books_of(call).refunds[refund_id], 200)


def _shown(call: Call, found: Refund, status: int) -> Reply:
    whole = refund_body(found, books_of(call).base)
    return preferred(call, whole, minimal(whole), status)
