"""What a publishable key opens to a browser: few calls, few members of what they show."""

import re
from collections.abc import Mapping

from sandbox.call import Arrival
from sandbox.reply import Json, Reply, json_reply
from sandbox.stripe.errors import StripeError, malformed, unknown_key
from sandbox.tenants import Tenants

PATHS = (
    "/v1/tokens",
    "/v1/payment_methods",
    "/v1/payment_intents/{id}",
    "/v1/payment_intents/{id}/confirm",
)
CALLS = re.compile(
    r"POST /v1/tokens|POST /v1/payment_methods"
    r"|GET /v1/payment_intents/pi_\w+|POST /v1/payment_intents/pi_\w+/confirm"
)
PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Stripe-Account, Stripe-Version",
    "Access-Control-Max-Age": "300",
}
SHOWN = frozenset(
    "id object amount automatic_payment_methods canceled_at cancellation_reason capture_method "
    "client_secret confirmation_method created currency description last_payment_error livemode "
    "next_action payment_method payment_method_types processing receipt_email setup_future_usage "
    "shipping source status".split()
)
"""What a PaymentIntent shows to a publishable key (docs.stripe.com/api/payment_intents/object)."""


def is_publishable(arrival: Arrival) -> bool:
    """Say whether the call came with a publishable key."""
    return "pk_" in arrival.headers.get("Authorization", "")


def secret_key(key: str, arrival: Arrival, params: Json, tenants: Tenants) -> str:
    """Return the secret key whose world the publishable one opens; StripeError where it may not."""
    owner = tenants.owner_of(key)
    if owner is None:
        raise unknown_key(key)
    if not CALLS.fullmatch(arrival.op):
        text = (
            "This API call cannot be made with a publishable API key. Please use a secret API key. "
            "You can find a list of your API keys at https://dashboard.stripe.com/account/apikeys."
        )
        kind = "invalid_request_error"
        raise StripeError(401, kind, text, "secret_key_required", storable=False)
    if "expand" in params:
        raise malformed("A publishable key cannot expand anything.", param="expand")
    if "/payment_intents/" in arrival.path and "client_secret" not in params:
        text = "Missing required param: client_secret."
        raise malformed(text, "parameter_missing", "client_secret")
    return owner


def seen(arrival: Arrival, reply: Reply) -> Reply:
    """Return the answer without what a browser is not to see."""
    if not is_publishable(arrival):
        return reply
    body = reply.json()
    if "error" in body:
        body["error"] = {name: _public(value) for name, value in body["error"].items()}
    return json_reply(_public(body), reply.status, storable=reply.storable).with_headers(
        **{name.replace("-", "_"): value for name, value in reply.headers.items()}
    )


def shared_with_browsers(arrival: Arrival) -> Mapping[str, str]:
    """Return the header that lets another origin's page read the answer."""
    is_open = "Origin" in arrival.headers and CALLS.fullmatch(arrival.op)
    return {"Access-Control-Allow-Origin": "*"} if is_open else {}


def _public(thing: object) -> object:
    if isinstance(thing, dict) and thing.get("object") == "payment_intent":
        return {name: value for name, value in thing.items() if name in SHOWN}
    return thing
