"""The page at an order's `approve` link, which plays paypal.com for a browser."""

import html
import json
from pathlib import Path
from string import Template
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from aiohttp import web

from sandbox.call import Deed
from sandbox.door import sandbox_of
from sandbox.paypal.approving import approve, cancel
from sandbox.paypal.books import Books
from sandbox.paypal.objects import Api, Order
from sandbox.paypal.personas import DEFAULT_PAYER, PERSONAS
from sandbox.paypal.problems import Problem
from sandbox.tenants import Tenant

PAGE = Path(__file__).with_name("assets") / "approval.html"
HANDED_OVER = """<!doctype html>
<title>Back to the shop</title>
<script>opener.postMessage($message, "*")</script>
"""
"""The JavaScript SDK closes the window that it opened: closed too early it counts as cancelled."""


async def show(request: web.Request) -> web.Response:
    """GET /checkoutnow?token=…: plain forms, nobody logs in."""
    _, order = _found(request)
    amount = f"{order.units[0].amount.value} {order.units[0].amount.currency}"
    facts = {"amount": amount, "order": order.id, "status": order.status, "payer": DEFAULT_PAYER}
    payers = "".join(f"<option>{name}</option>" for name in sorted(PERSONAS))
    safe = {name: html.escape(fact) for name, fact in facts.items()}
    page = Template(PAGE.read_text("utf-8")).substitute(safe, payers=payers)
    return web.Response(text=page, content_type="text/html")


async def choose(request: web.Request) -> web.Response:
    """POST /checkoutnow?token=…: approve or cancel, then back to the merchant."""
    tenant, order = _found(request)
    form = await request.post()
    tenant.room(Books).base = f"http://{request.host}"
    deed = Deed(tenant, "paypal")
    try:
        if form.get("choice") == "approve":
            order = approve(deed, order, str(form.get("payer", DEFAULT_PAYER)))
            target = order.return_url
        else:
            order = cancel(deed, order)
            target = order.cancel_url
    except Problem as problem:
        raise web.HTTPConflict(text=problem.details[0].issue) from None
    deed.publish()
    if "sdk" in request.query:
        return _handed_over(order, str(form.get("choice")))
    if target is None:
        return web.Response(text="Done. The order names no address to return to.")
    raise web.HTTPSeeOther(_returning(target, order))


def _handed_over(order: Order, choice: str) -> web.Response:
    payer = order.payer_id if order.payer else None
    message = json.dumps({"choice": choice, "orderID": order.id, "payerID": payer})
    text = Template(HANDED_OVER).substitute(message=message.replace("<", "\\u003c"))
    return web.Response(text=text, content_type="text/html")


def _found(request: web.Request) -> tuple[Tenant, Order]:
    token = request.query.get("paymentId") or request.query.get("token", "")
    tenants = sandbox_of(request).tenants.by_paypal_client.values()
    for tenant in tenants:
        order = tenant.room(Books).orders.get(token)
        if order is not None:
            return tenant, order
    raise web.HTTPNotFound(text="No such order.")


def _returning(target: str, order: Order) -> str:
    """Add to the merchant's address what PayPal adds."""
    parts = urlsplit(target)
    if order.api is Api.V1:
        added = {"paymentId": order.id, "token": f"EC-{order.id[6:23]}"}
    else:
        added = {"token": order.id}
    payer = {"PayerID": order.payer_id} if order.payer else {}
    query = dict(parse_qsl(parts.query)) | added | payer
    return urlunsplit(parts._replace(query=urlencode(query)))
