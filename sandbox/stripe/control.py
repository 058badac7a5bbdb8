"""The buyer, the bank, the dashboard: what happens to Stripe's objects without an API call."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from aiohttp import web

from sandbox.call import Deed
from sandbox.door import control, refusal, sandbox_of, tenant_of, wish_of
from sandbox.reply import Json
from sandbox.stripe.books import StripeRoom, account_of
from sandbox.stripe.charging import Terms, charge_intent, fail_intent, finish_processing
from sandbox.stripe.disputes import decide, open_dispute
from sandbox.stripe.errors import StripeError
from sandbox.stripe.refunds import refund
from sandbox.stripe.telling import PROVIDER
from sandbox.stripe.webhook_endpoints import register
from sandbox.tenants import Tenant

FAILED_CHALLENGE = {
    "type": "invalid_request_error",  # as recorded, although it is the cardholder who failed
    "code": "payment_intent_authentication_failure",
    "message": "The provided PaymentMethod has failed authentication. You can provide "
    "payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.",
}
ENDPOINT_FIELDS = ("url", "secret", "enabled_events", "connect", "api_version", "account")


@control
async def add_endpoint(request: web.Request, tenant: Tenant) -> Json:
    """Register a webhook endpoint with a secret of the caller's choice."""
    wish = await wish_of(request, *ENDPOINT_FIELDS)
    if not (wish.get("url") and wish.get("secret")):
        raise refusal(400, "Give url, secret.")
    deed = Deed(tenant, PROVIDER, wish.get("account"))
    return register(deed, {"enabled_events": ["*"]} | wish, wish["secret"])


async def authenticate(request: web.Request) -> web.Response:
    """Play the buyer in 3-D Secure, known by the tenant's key or by the client secret."""
    wish = await wish_of(request, "outcome", "client_secret")
    if "client_secret" in wish:
        tenant = _tenant_by_secret(request, str(wish["client_secret"]))
    else:
        tenant = tenant_of(request)
    scope, intent = _found(tenant, "payment_intent", request.match_info["id"])
    if intent["status"] != "requires_action":
        raise refusal(409, f"The status is {intent['status']}, not requires_action.")
    succeeds = _outcome(wish, "succeed", "fail") == "succeed"
    deed = Deed(tenant, PROVIDER, scope)
    _authenticated(deed, intent, succeeds=succeeds)
    deed.publish()
    return web.json_response(intent)


@control
async def settle(request: web.Request, tenant: Tenant) -> Json:
    """Settle a processing PaymentIntent."""
    wish = await wish_of(request, "outcome")
    outcome = _outcome(wish, "succeeded", "failed")
    scope, intent = _found(tenant, "payment_intent", request.match_info["id"])
    if intent["status"] != "processing":
        raise refusal(409, f"The status is {intent['status']}, not processing.")
    finish_processing(tenant, scope, intent, outcome)
    return intent


@control
async def dashboard_refund(request: web.Request, tenant: Tenant) -> Json:
    """Refund as a person in the dashboard."""
    wish = await wish_of(request, "payment_intent", "charge", "amount", "reason")
    kind = "charge" if wish.get("charge") else "payment_intent"
    scope, _ = _found(tenant, kind, str(wish.get(kind)))
    deed = Deed(tenant, PROVIDER, scope)
    with _worded():
        made = refund(deed, {name: value for name, value in wish.items() if value is not None})
    deed.publish()
    return made


@control
async def dispute(request: web.Request, tenant: Tenant) -> Json:
    """Let the cardholder dispute a charge, or merely inquire."""
    wish = await wish_of(request, "charge", "reason", "inquiry")
    scope, charge = _found(tenant, "charge", str(wish.get("charge")))
    deed = Deed(tenant, PROVIDER, scope)
    reason, inquiry = str(wish.get("reason", "fraudulent")), bool(wish.get("inquiry"))
    made = open_dispute(deed, charge, reason, inquiry=inquiry)
    deed.publish()
    return made


@control
async def close_dispute(request: web.Request, tenant: Tenant) -> Json:
    """Let the bank decide."""
    outcome = _outcome(await wish_of(request, "outcome"), "won", "lost")
    scope, found = _found(tenant, "dispute", request.match_info["id"])
    deed = Deed(tenant, PROVIDER, scope)
    with _worded():
        decide(deed, found, outcome)
    deed.publish()
    return found


def add_routes(app: web.Application) -> None:
    """Mount Stripe's control endpoints."""
    app.add_routes(
        [
            web.post("/_sandbox/stripe/webhook_endpoints", add_endpoint),
            web.post("/_sandbox/stripe/payment_intents/{id}/authenticate", authenticate),
            web.post("/_sandbox/stripe/payment_intents/{id}/settle", settle),
            web.post("/_sandbox/stripe/refunds", dashboard_refund),
            web.post("/_sandbox/stripe/disputes", dispute),
            web.post("/_sandbox/stripe/disputes/{id}/close", close_dispute),
        ]
    )


def _authenticated(deed: Deed, intent: Json, *, succeeds: bool) -> None:
    instrument = account_of(deed.tenant, deed.account).instruments[intent["payment_method"]]
    if succeeds:
        with suppress(StripeError):
            charge_intent(deed, intent, instrument, Terms(authenticated=True))
        return
    fail_intent(deed, intent, dict(FAILED_CHALLENGE))


@contextmanager
def _worded() -> Iterator[None]:
    try:
        yield
    except StripeError as wrong:
        raise refusal(400, wrong.message) from None


def _outcome(wish: Json, *known: str) -> str:
    outcome = str(wish.get("outcome", known[0]))
    if outcome not in known:
        raise refusal(400, f"outcome is one of {', '.join(known)}.")
    return outcome


def _found(tenant: Tenant, kind: str, object_id: str) -> tuple[str | None, Json]:
    for scope, thing in tenant.room(StripeRoom).search(kind, object_id):
        return scope, thing
    raise refusal(404, f"No such {kind}: {object_id}")


def _tenant_by_secret(request: web.Request, secret: str) -> Tenant:
    intent_id = request.match_info["id"]
    for tenant in sandbox_of(request).tenants.by_stripe_key.values():
        for _, intent in tenant.room(StripeRoom).search("payment_intent", intent_id):
            if intent["client_secret"] == secret:
                return tenant
    raise refusal(404, "No PaymentIntent has this client_secret.")
