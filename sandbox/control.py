"""The control endpoints that both providers share."""

import json
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from sandbox.door import control, refusal, sandbox_of, tenant_of, wish_of
from sandbox.fault_catalogue import FAULTS
from sandbox.reply import Json
from sandbox.tenants import Tenant, publishable_key

TENANT_FIELDS = ("stripe_key", "paypal_client_id", "paypal_client_secret")


async def health(_: web.Request) -> web.Response:
    """Say that the sandbox is up."""
    return web.json_response({"status": "ok"})


async def link_tenants(request: web.Request) -> web.Response:
    """Make one tenant of a Stripe key with a PayPal client."""
    wish = await wish_of(request, *TENANT_FIELDS)
    key, client, secret = (wish.get(name) for name in TENANT_FIELDS)
    if not (key or client):
        raise refusal(400, "Give stripe_key, paypal_client_id or both.")
    try:
        tenant = sandbox_of(request).tenants.link(key, client, secret)
    except ValueError as taken:
        raise refusal(409, str(taken)) from None
    publishable = {"stripe_publishable_key": publishable_key(key)} if key else {}
    return web.json_response({"tenant": tenant.name} | publishable)


@control
async def reset(request: web.Request, tenant: Tenant) -> Json:
    """Begin the tenant's world anew."""
    wish = await wish_of(request, "seed")
    tenant.reset(wish.get("seed"))
    return {"tenant": tenant.name}


@control
async def read_clock(_: web.Request, tenant: Tenant) -> Json:
    """Tell the tenant's time."""
    return {"now": tenant.clock.now(), "offset_seconds": tenant.clock.offset}


@control
async def advance_clock(request: web.Request, tenant: Tenant) -> Json:
    """Move the tenant's time forward."""
    wish = await wish_of(request, "advance_seconds")
    tenant.clock.advance(float(wish.get("advance_seconds", 0)))
    return {"now": tenant.clock.now(), "offset_seconds": tenant.clock.offset}


@control
async def read_settings(_: web.Request, tenant: Tenant) -> Json:
    """Show the tenant's knobs."""
    return tenant.settings.as_json()


@control
async def change_settings(request: web.Request, tenant: Tenant) -> Json:
    """Turn the tenant's knobs."""
    tenant.settings.change(await wish_of(request))
    return tenant.settings.as_json()


@control
async def add_fault(request: web.Request, tenant: Tenant) -> Json:
    """Make a fault rule."""
    return tenant.faults.add(await wish_of(request)).as_json()


@control
async def list_faults(_: web.Request, tenant: Tenant) -> Json:
    """Show the rules with how often each struck, besides the catalogue."""
    catalogue = {
        name: {"stage": kind.stage.name, "does": kind.summary, "takes": sorted(kind.arguments)}
        for name, kind in FAULTS.items()
    }
    rules = [rule.as_json() for rule in tenant.faults.rules.values()]
    return {"faults": rules, "catalogue": catalogue}


@control
async def remove_fault(request: web.Request, tenant: Tenant) -> Json:
    """Drop one rule, or all of them."""
    rule_id = request.match_info.get("id")
    removed = [rule_id] if rule_id else list(tenant.faults.rules)
    return {"removed": [tenant.faults.rules.pop(name).as_json() for name in removed]}


@control
async def flush_webhooks(_: web.Request, tenant: Tenant) -> Json:
    """Try every pending delivery once, now."""
    return {"attempted": await tenant.webhooks.flush()}


@control
async def list_deliveries(request: web.Request, tenant: Tenant) -> Json:
    """Show deliveries with every attempt."""
    since = int(request.query.get("since", 0))
    rows = [d.as_json() for d in tenant.webhooks.deliveries if d.seq > since]
    return {"deliveries": rows}


async def read_ledger(request: web.Request) -> web.Response:
    """Send the tenant's ledger as JSON lines."""
    everything = request.query.get("all") in ("1", "true")
    since = int(request.query.get("since", 0))
    ledger, tenant = sandbox_of(request).ledger, tenant_of(request)
    return _json_lines(ledger.rows(tenant.name, since, all_pages=everything))


async def read_requests(request: web.Request) -> web.Response:
    """Send the tenant's requests as JSON lines; with `strangers=1` those of nobody."""
    strangers = request.query.get("strangers") in ("1", "true")
    log = sandbox_of(request).strangers if strangers else tenant_of(request).requests
    since = int(request.query.get("since", 0))
    return _json_lines(line.as_json() for line in log.since(since))


def _json_lines(rows: Iterable[dict[str, Any]]) -> web.Response:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return web.Response(text=text, content_type="application/jsonl")


def add_routes(app: web.Application) -> None:
    """Mount the control endpoints."""
    app.add_routes(
        [
            web.get("/_sandbox/health", health),
            web.post("/_sandbox/tenants", link_tenants),
            web.post("/_sandbox/reset", reset),
            web.get("/_sandbox/clock", read_clock),
            web.post("/_sandbox/clock", advance_clock),
            web.get("/_sandbox/settings", read_settings),
            web.post("/_sandbox/settings", change_settings),
            web.get("/_sandbox/faults", list_faults),
            web.post("/_sandbox/faults", add_fault),
            web.delete("/_sandbox/faults", remove_fault),
            web.delete("/_sandbox/faults/{id}", remove_fault),
            web.get("/_sandbox/ledger", read_ledger),
            web.get("/_sandbox/requests", read_requests),
            web.get("/_sandbox/deliveries", list_deliveries),
            web.post("/_sandbox/webhooks/flush", flush_webhooks),
        ]
    )
