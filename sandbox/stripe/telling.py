"""How a Stripe object's change becomes an event."""

from copy import deepcopy
from dataclasses import replace

from sandbox.call import Deed
from sandbox.reply import Json
from sandbox.stripe.books import account_of
from sandbox.tenants import new_id
from sandbox.webhook_parts import Event, World

API_VERSION = "2026-10-28.endive"
PROVIDER = "stripe"


def tell(deed: Deed, *kinds: str, about: Json) -> None:
    """Store events about an object as it is now; they leave when the deed is published."""
    account = account_of(deed.tenant, deed.account)
    snapshot, before = account.tell(about)
    for kind in kinds:
        body: Json = {
            "id": new_id("evt_3"),
            "object": "event",
            "api_version": API_VERSION,
            "created": int(deed.now),
            "data": {"object": snapshot},
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": deed.request_id, "idempotency_key": deed.idempotency_key},
            "type": kind,
        }
        if deed.account is not None:
            body["account"] = deed.account
        account.keep(body, deed.now)
        stale = body | {"data": {"object": before}}
        deed.emit(Event(body["id"], PROVIDER, kind, deed.now, body, deed.account, stale_body=stale))


def told_again(world: World, event: Event) -> Event:
    """Return the same fact as a new event, listed like any other."""
    body = deepcopy(event.body) | {"id": new_id("evt_3")}
    account_of(world, event.account).keep(body, world.clock.now())
    return replace(event, id=body["id"], body=body)
