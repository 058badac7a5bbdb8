"""The addresses of the PayPal half."""

from functools import partial

from aiohttp import web

from sandbox.mount import Route, mount
from sandbox.paypal import (
    approval_page,
    buttons,
    capture_operations,
    certificate_routes,
    order_operations,
    payment_operations,
)
from sandbox.paypal.certificates import CertificateCabinet
from sandbox.paypal.control_routes import add_control_routes
from sandbox.paypal.courier import PayPalCourier
from sandbox.paypal.dialect import PayPalDialect
from sandbox.paypal.notification_operations import (
    create_webhook,
    delete_webhook,
    list_events,
    list_webhooks,
    resend_event,
    show_event,
    show_webhook,
    verify_signature,
)
from sandbox.paypal.reporting_operations import list_transactions
from sandbox.paypal.token_operations import give_token

VIEWS = {
    "order": order_operations.latest_order,
    "refund": capture_operations.latest_refund,
    "payment": payment_operations.latest_payment,
    "sale_refund": payment_operations.latest_refund,
}
ROUTES: tuple[Route, ...] = (
    ("POST", "/v2/checkout/orders", order_operations.create_order),
    ("GET", "/v2/checkout/orders/{id}", order_operations.show_order),
    ("POST", "/v2/checkout/orders/{id}/capture", order_operations.capture),
    ("GET", "/v2/payments/captures/{id}", capture_operations.show_capture),
    ("POST", "/v2/payments/captures/{id}/refund", capture_operations.refund),
    ("GET", "/v2/payments/refunds/{id}", capture_operations.show_refund),
    ("POST", "/v1/payments/payment", payment_operations.create_payment),
    ("GET", "/v1/payments/payment/{id}", payment_operations.show_payment),
    ("POST", "/v1/payments/payment/{id}/execute", payment_operations.execute),
    ("GET", "/v1/payments/sale/{id}", payment_operations.show_sale),
    ("POST", "/v1/payments/sale/{id}/refund", payment_operations.refund_sale),
    ("GET", "/v1/payments/refund/{id}", payment_operations.show_refund),
    ("POST", "/v1/notifications/webhooks", create_webhook),
    ("GET", "/v1/notifications/webhooks", list_webhooks),
    ("GET", "/v1/notifications/webhooks/{id}", show_webhook),
    ("DELETE", "/v1/notifications/webhooks/{id}", delete_webhook),
    ("GET", "/v1/notifications/webhooks-events", list_events),
    ("GET", "/v1/notifications/webhooks-events/{id}", show_event),
    ("POST", "/v1/notifications/webhooks-events/{id}/resend", resend_event),
    ("GET", "/v1/reporting/transactions", list_transactions),
)


def add_routes(app: web.Application) -> None:
    """Mount the PayPal half."""
    cabinet = CertificateCabinet()
    dialect = PayPalDialect(VIEWS)
    own: tuple[Route, ...] = (
        ("POST", "/v1/oauth2/token", partial(give_token, desk=dialect.tokens)),
        (
            "POST",
            "/v1/notifications/verify-webhook-signature",
            partial(verify_signature, cabinet=cabinet),
        ),
    )
    mount(app, dialect, PayPalCourier(cabinet), (*ROUTES, *own))
    app[certificate_routes.CABINET] = cabinet
    add_control_routes(app)
    app.add_routes(
        [
            web.get("/v1/notifications/certs/{cert_id}", certificate_routes.certificate),
            web.get("/_sandbox/paypal/ca.pem", certificate_routes.root),
            web.get("/checkoutnow", approval_page.show),
            web.post("/checkoutnow", approval_page.choose),
            web.get("/sdk/js", buttons.script),
            web.get("/sdk/order", buttons.order),
        ]
    )
