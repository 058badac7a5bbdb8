"""The addresses of the Stripe half."""

from aiohttp import web

from sandbox.door import SANDBOX
from sandbox.mount import Route, mount
from sandbox.stripe import (
    balance,
    browser,
    charges,
    connect_control,
    control,
    customers,
    disputes,
    events,
    payment_intents,
    payment_methods,
    refunds,
    webhook_endpoints,
)
from sandbox.stripe.courier import StripeCourier
from sandbox.stripe.dialect import StripeDialect
from sandbox.stripe.oauth import OAuth

ROUTES: tuple[Route, ...] = (
    ("POST", "/v1/tokens", payment_methods.create_token),
    ("GET", "/v1/tokens/{id}", payment_methods.retrieve_token),
    ("POST", "/v1/payment_methods", payment_methods.create_payment_method),
    ("GET", "/v1/payment_methods/{id}", payment_methods.retrieve_payment_method),
    ("POST", "/v1/payment_methods/{id}/attach", payment_methods.attach),
    ("POST", "/v1/customers", customers.create_customer),
    ("GET", "/v1/customers", customers.list_customers),
    ("GET", "/v1/customers/{id}", customers.retrieve_customer),
    ("POST", "/v1/payment_intents", payment_intents.create_intent),
    ("GET", "/v1/payment_intents", payment_intents.list_intents),
    ("GET", "/v1/payment_intents/search", payment_intents.search_intents),
    ("GET", "/v1/payment_intents/{id}", payment_intents.retrieve_intent),
    ("POST", "/v1/payment_intents/{id}", payment_intents.update_intent),
    ("POST", "/v1/payment_intents/{id}/confirm", payment_intents.confirm_intent),
    ("POST", "/v1/payment_intents/{id}/capture", payment_intents.capture_intent),
    ("POST", "/v1/payment_intents/{id}/cancel", payment_intents.cancel_intent),
    ("POST", "/v1/charges", charges.create_charge),
    ("GET", "/v1/charges", charges.list_charges),
    ("GET", "/v1/charges/search", charges.search_charges),
    ("GET", "/v1/charges/{id}", charges.retrieve_charge),
    ("POST", "/v1/refunds", refunds.create_refund),
    ("GET", "/v1/refunds", refunds.list_refunds),
    ("GET", "/v1/refunds/{id}", refunds.retrieve_refund),
    ("POST", "/v1/refunds/{id}", refunds.update_refund),
    ("GET", "/v1/disputes", disputes.list_disputes),
    ("GET", "/v1/disputes/{id}", disputes.retrieve_dispute),
    ("POST", "/v1/disputes/{id}", disputes.update_dispute),
    ("POST", "/v1/disputes/{id}/close", disputes.close_dispute),
    ("GET", "/v1/events", events.list_events),
    ("GET", "/v1/events/{id}", events.retrieve_event),
    ("GET", "/v1/balance", balance.retrieve_balance),
    ("GET", "/v1/balance_transactions", balance.list_transactions),
    ("GET", "/v1/balance_transactions/{id}", balance.retrieve_transaction),
    ("GET", "/v1/account", balance.retrieve_account),
    ("POST", "/v1/webhook_endpoints", webhook_endpoints.create_endpoint),
    ("GET", "/v1/webhook_endpoints", webhook_endpoints.list_endpoints),
    ("GET", "/v1/webhook_endpoints/{id}", webhook_endpoints.retrieve_endpoint),
    ("POST", "/v1/webhook_endpoints/{id}", webhook_endpoints.update_endpoint),
    ("DELETE", "/v1/webhook_endpoints/{id}", webhook_endpoints.delete_endpoint),
)


def add_routes(app: web.Application) -> None:
    """Mount the Stripe half."""
    oauth = OAuth(app[SANDBOX].tenants)
    keys: tuple[Route, ...] = (
        ("POST", "/oauth/token", oauth.token),
        ("POST", "/oauth/deauthorize", oauth.deauthorize),
    )
    mount(app, StripeDialect(), StripeCourier(), (*ROUTES, *keys))
    control.add_routes(app)
    connect_control.add_routes(app)
    browser.add_routes(app)
