"""Webhook events as PayPal words them, with the inconsistencies of genuine deliveries [R]."""

from sandbox.paypal.instants import zulu_millis
from sandbox.paypal.links import link
from sandbox.paypal.objects import Api, Capture, Dispute, Json, Order, Refund
from sandbox.paypal.render_v1 import sale_body, sale_refund_body, total_body
from sandbox.paypal.render_v2 import amount_body, capture_body, named, order_body, refund_body


def approval_reversed_resource(order: Order, base: str) -> Json:
    """Give the resource of CHECKOUT.PAYMENT-APPROVAL.REVERSED."""
    return {
        "order_id": order.id,
        **order_body(order, [], [], base),
        "payment_source": {"paypal": {}},
    }


def capture_event_resource(capture: Capture, base: str) -> Json:
    """Give the resource of a PAYMENT.CAPTURE event about the capture itself, or of its v1 twin."""
    if capture.api is Api.V1:
        return sale_body(capture, base)
    return capture_body(capture, base, in_event=True)


def refund_event_resource(refund: Refund, base: str) -> Json:
    """Give the resource of a refund or reversal event.

    v2: the refund, its capture only in `links[rel=up]`. v1: the refund with a negative total; of
    a reversal, neither `sale_id` nor `parent_payment`.
    """
    if refund.api is Api.V2:
        return refund_body(refund, base, in_event=True)
    body = sale_refund_body(refund, base) | {"amount": total_body(-refund.amount)}
    if not refund.is_reversal:
        return body
    hidden = {"sale_id", "parent_payment", "custom", "invoice_number"}
    own = [link(f"{base}/v1/payments/refund/{refund.id}", "self")]
    return {k: v for k, v in body.items() if k not in hidden} | {"links": own}


def dispute_resource(dispute: Dispute, base: str) -> Json:
    """Give the resource of a CUSTOMER.DISPUTE event."""
    transaction: Json = {
        "seller_transaction_id": dispute.capture_id,
        "gross_amount": amount_body(dispute.amount),
        **named("custom", dispute.custom_id),
        **named("invoice_number", dispute.invoice_id),
    }
    outcome: Json = {
        "outcome_code": dispute.outcome,
        "amount_refunded": amount_body(dispute.amount),
    }
    return {
        "dispute_id": dispute.id,
        "create_time": zulu_millis(dispute.created_at),
        "update_time": zulu_millis(dispute.updated_at),
        "disputed_transactions": [transaction],
        "reason": dispute.reason,
        "status": dispute.status,
        "dispute_amount": amount_body(dispute.amount),
        **({"dispute_outcome": outcome} if dispute.outcome else {}),
        "dispute_life_cycle_stage": "INQUIRY",
        "links": [link(f"{base}/v1/customer/disputes/{dispute.id}", "self")],
    }
