"""The stand-in for PayPal's JavaScript SDK: its address is as strict as the real one."""

import re
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from sandbox.door import sandbox_of
from sandbox.paypal.books import Books
from sandbox.tenants import Tenant

SCRIPT = Path(__file__).with_name("assets") / "sdk.js"
KNOWN: Mapping[str, str] = {
    "client-id": r".+",
    "currency": r"[A-Z]{3}",
    "intent": r"capture",
    "commit": r"true|false",
    "components": r"buttons",
    "locale": r"[a-z]{2}_[A-Z]{2}",
    "disable-funding": r"[a-z,]+",
    "enable-funding": r"[a-z,]+",
    "debug": r"true|false",
}
"""Query parameters with the values that are played; the real script refuses unknown ones too."""

SHARED: Mapping[str, str] = {"Access-Control-Allow-Origin": "*"}
"""The shop's page, of another origin, reads these answers."""


async def script(request: web.Request) -> web.StreamResponse:
    """GET /sdk/js: for a client that exists, with parameters that are played."""
    for name, value in request.query.items():
        if not re.fullmatch(KNOWN.get(name, ""), value):
            raise web.HTTPBadRequest(text=f"Disallowed query param: {name}={value}")
    _client(request)
    return web.FileResponse(SCRIPT, headers={"Cache-Control": "no-cache"})


async def order(request: web.Request) -> web.Response:
    """GET /sdk/order: what the script must know before it shows the window."""
    found = _client(request).room(Books).orders.get(request.query.get("token", ""))
    if found is None:
        raise web.HTTPNotFound(text="RESOURCE_NOT_FOUND", headers=SHARED)
    currency = found.units[0].amount.currency
    return web.json_response({"status": found.status, "currency": currency}, headers=SHARED)


def _client(request: web.Request) -> Tenant:
    client_id = request.query.get("client-id")
    tenant = sandbox_of(request).tenants.by_paypal_client.get(client_id or "")
    if tenant is None:
        text = f"client-id not recognized for either production or sandbox: {client_id}"
        raise web.HTTPBadRequest(text=text, headers=SHARED)
    return tenant
