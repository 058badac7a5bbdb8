"""The Event calls: the way to find a webhook that never came."""

from collections.abc import Mapping

from sandbox.call import Call
from sandbox.reply import Json, Reply, json_reply
from sandbox.stripe.books import account_of
from sandbox.stripe.errors import malformed, missing
from sandbox.stripe.listing import PAGE, is_wanted, newest_first, page
from sandbox.stripe.schema import boolean, expand, list_of, read_params, text

RETENTION = 30 * 86400
MOST_TYPES = 20
LIST = {**PAGE, "type": text, "types": list_of(text), "delivery_success": boolean}


def list_events(call: Call) -> Reply:
    """GET /v1/events: thirty days back; types[], created, delivery_success."""
    params = read_params(LIST, call.params)
    types = _types(params)
    chosen, pending = [], call.tenant.webhooks.pending()
    for event in newest_first(_living(call)):
        body = _as_told(event, pending)
        is_named = types is None or event["type"] in types
        is_sought = params.get("delivery_success") in (None, body["pending_webhooks"] == 0)
        if is_named and is_sought and is_wanted(event, params, ()):
            chosen.append(body)
    return json_reply(page(chosen, params, "event", call.arrival.path))


def retrieve_event(call: Call) -> Reply:
    """GET /v1/events/{id}."""
    read_params({"expand": expand}, call.params)
    for event in _living(call):
        if event["id"] == call.route["id"]:
            return json_reply(_as_told(event, call.tenant.webhooks.pending()))
    raise missing("event", call.route["id"])


def _living(call: Call) -> list[Json]:
    events = account_of(call.tenant, call.account).shelf("event").values()
    return [event for event in events if event["created"] > call.now - RETENTION]


def _as_told(event: Json, pending: Mapping[str, int]) -> Json:
    return event | {"pending_webhooks": pending.get(event["id"], 0)}


def _types(params: Json) -> set[str] | None:
    if "type" in params and "types" in params:
        raise malformed("You may only specify one of these parameters: type, types.")
    types = params.get("types") or ([params["type"]] if "type" in params else None)
    if types and len(types) > MOST_TYPES:
        raise malformed(f"You may pass at most {MOST_TYPES} types.", param="types")
    return set(types) if types else None
