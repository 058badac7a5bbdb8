"""The page at an order's `approve` link, which plays paypal.com for a browser."""

import html
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

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sandbox: pay {amount}</title>
<meta name="viewport" content="width=device-width">
<style>body{{font:16px/1.5 sans-serif;max-width:28rem;margin:3rem auto;padding:0 1rem}}
select,button{{font:inherit;padding:.4rem .8rem}}form{{margin:1rem 0}}</style></head><body>
<h1>Pay {amount}?</h1>
<p>This is a sandbox. No money moves. Order {order_id} is {status}.</p>
<form method="post"><input type="hidden" name="choice" value="approve">
<label>Pay as <select name="payer">{payers}</select></label> <button>Approve</button></form>
<form method="post"><input type="hidden" name="choice" value="cancel">
<button>Cancel and return</button></form>
</body></html>
"""


async def show(request: web.Request) -> web.Response:
    """GET /checkoutnow?token=…: two plain forms."""
    _, order = _found(request)
    options = "".join(
        f"<option{' selected' if name == DEFAULT_PAYER else ''}>{name}</option>"
        for name in sorted(PERSONAS)
    )
    amount = f"{order.units[0].amount.value} {order.units[0].amount.currency}"
    page = PAGE.format(
        amount=html.escape(amount),
        order_id=html.escape(order.id),
        status=html.escape(order.status),
        payers=options,
    )
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
    if target is None:
        return web.Response(text="Done. The order names no address to return to.")
    raise web.HTTPSeeOther(_returning(target, order))


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
