"""The HATEOAS links on PayPal's resources."""

from sandbox.paypal.objects import Capture, Json, Order, OrderStatus, Refund

_OPEN = (OrderStatus.CREATED, OrderStatus.PAYER_ACTION_REQUIRED)


def link(href: str, rel: str, method: str = "GET") -> Json:
    """Give one link."""
    return {"href": href, "rel": rel, "method": method}


def order_links(order: Order, base: str) -> list[Json]:
    """Give what can be done with a v2 order now; the approval page is the sandbox's own."""
    own = f"{base}/v2/checkout/orders/{order.id}"
    links = [link(own, "self")]
    if order.status in _OPEN:
        waiting = order.status is OrderStatus.PAYER_ACTION_REQUIRED
        rel = "payer-action" if waiting else "approve"
        links.append(link(f"{base}/checkoutnow?token={order.id}", rel))
    if order.status is not OrderStatus.COMPLETED and order.status is not OrderStatus.VOIDED:
        links.append(link(f"{own}/capture", "capture", "POST"))
    return links


def capture_links(capture: Capture, base: str) -> list[Json]:
    """Give a v2 capture's links; `up` is the order."""
    own = f"{base}/v2/payments/captures/{capture.id}"
    return [
        link(own, "self"),
        link(f"{own}/refund", "refund", "POST"),
        link(f"{base}/v2/checkout/orders/{capture.order_id}", "up"),
    ]


def refund_links(refund: Refund, base: str) -> list[Json]:
    """Give a v2 refund's links; `up` is the only mention of its capture."""
    return [
        link(f"{base}/v2/payments/refunds/{refund.id}", "self"),
        link(f"{base}/v2/payments/captures/{refund.capture_id}", "up"),
    ]


def payment_links(payment: Order, base: str) -> list[Json]:
    """Give a v1 payment's links."""
    own = f"{base}/v1/payments/payment/{payment.id}"
    links = [link(own, "self")]
    if payment.status in (*_OPEN, OrderStatus.APPROVED):
        token = payment.id.removeprefix("PAYID-")[:17]
        approval = f"{base}/checkoutnow?token=EC-{token}&paymentId={payment.id}"
        links.append(link(approval, "approval_url", "REDIRECT"))
        links.append(link(f"{own}/execute", "execute", "POST"))
    return links


def sale_links(sale: Capture, base: str) -> list[Json]:
    """Give a v1 sale's links."""
    own = f"{base}/v1/payments/sale/{sale.id}"
    return [
        link(own, "self"),
        link(f"{own}/refund", "refund", "POST"),
        link(f"{base}/v1/payments/payment/{sale.order_id}", "parent_payment"),
    ]


def sale_refund_links(refund: Refund, base: str) -> list[Json]:
    """Give a v1 refund's links."""
    return [
        link(f"{base}/v1/payments/refund/{refund.id}", "self"),
        link(f"{base}/v1/payments/payment/{refund.order_id}", "parent_payment"),
        link(f"{base}/v1/payments/sale/{refund.capture_id}", "sale"),
    ]


def event_links(event_id: str, base: str) -> list[Json]:
    """Give a webhook event's links."""
    own = f"{base}/v1/notifications/webhooks-events/{event_id}"
    return [link(own, "self"), link(f"{own}/resend", "resend", "POST")]
