"""The WebhookEndpoint calls."""

from sandbox.call import Call, Deed
from sandbox.reply import Json, Reply, json_reply
from sandbox.stripe.books import account_of
from sandbox.stripe.errors import malformed
from sandbox.stripe.listing import list_reply
from sandbox.stripe.schema import (
    boolean,
    expand,
    list_of,
    metadata,
    read_params,
    required,
    text,
    unsettable,
)
from sandbox.stripe.telling import PROVIDER
from sandbox.tenants import new_id
from sandbox.webhook_parts import Endpoint

CREATE = {
    "url": required(text),
    "enabled_events": required(list_of(text)),
    "api_version": text,
    "connect": boolean,
    "description": unsettable(text),
    "metadata": metadata,
    "expand": expand,
}
UPDATE = {
    "url": text,
    "enabled_events": list_of(text),
    "disabled": boolean,
    "description": unsettable(text),
    "metadata": metadata,
    "expand": expand,
}


def create_endpoint(call: Call) -> Reply:
    """POST /v1/webhook_endpoints: the only answer that has the secret."""
    secret = new_id("whsec_", 32)
    shown = register(call, read_params(CREATE, call.params), secret)
    return json_reply(shown | {"secret": secret})


def register(deed: Deed, wish: Json, secret: str) -> Json:
    """Make an endpoint with a given secret, return the object without it."""
    if not wish["url"].startswith(("http://", "https://")):
        raise malformed("Invalid URL: An explicit scheme (such as https) must be provided.", "url")
    shown: Json = {
        "id": new_id("we_1"),
        "object": "webhook_endpoint",
        "api_version": wish.get("api_version"),
        "application": None,
        "created": int(deed.now),
        "description": wish.get("description"),
        "enabled_events": wish["enabled_events"],
        "livemode": False,
        "metadata": wish.get("metadata") or {},
        "status": "enabled",
        "url": wish["url"],
    }
    deed.tenant.webhooks.endpoints[shown["id"]] = Endpoint(
        id=shown["id"],
        provider=PROVIDER,
        url=wish["url"],
        secret=secret,
        enabled_events=tuple(wish["enabled_events"]),
        account=deed.account,
        connect=bool(wish.get("connect")),
        details={"api_version": wish.get("api_version")},
    )
    return account_of(deed.tenant, deed.account).keep(shown, deed.now)


def retrieve_endpoint(call: Call) -> Reply:
    """GET /v1/webhook_endpoints/{id}."""
    read_params({"expand": expand}, call.params)
    return json_reply(_named(call))


def update_endpoint(call: Call) -> Reply:
    """POST /v1/webhook_endpoints/{id}."""
    params = read_params(UPDATE, call.params)
    shown = _named(call)
    endpoint = call.tenant.webhooks.endpoints[shown["id"]]
    shown |= {n: params[n] for n in ("url", "enabled_events", "description") if n in params}
    shown["status"] = "disabled" if params.get("disabled") else "enabled"
    endpoint.url, endpoint.enabled_events = shown["url"], tuple(shown["enabled_events"])
    endpoint.enabled = shown["status"] == "enabled"
    return json_reply(shown)


def delete_endpoint(call: Call) -> Reply:
    """DELETE /v1/webhook_endpoints/{id}."""
    shown = _named(call)
    del call.tenant.webhooks.endpoints[shown["id"]]
    del account_of(call.tenant, call.account).shelf("webhook_endpoint")[shown["id"]]
    return json_reply({"id": shown["id"], "object": "webhook_endpoint", "deleted": True})


def list_endpoints(call: Call) -> Reply:
    """GET /v1/webhook_endpoints."""
    return list_reply(call, "webhook_endpoint", {})


def _named(call: Call) -> Json:
    return account_of(call.tenant, call.account).get("webhook_endpoint", call.route["id"])
