"""The control endpoints that play the payer, the dashboard, PayPal's back office."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sandbox.call import Deed
from sandbox.door import control, refusal, wish_of
from sandbox.paypal import approving, capturing, disputing, refunding
from sandbox.paypal.books import Books, books_of
from sandbox.paypal.money import parse_money
from sandbox.paypal.notification_operations import register
from sandbox.paypal.objects import Capture, Dispute, Order, Refund, RefundStatus
from sandbox.paypal.personas import DEFAULT_PAYER
from sandbox.paypal.problems import Problem
from sandbox.paypal.refund_request import RefundWish
from sandbox.reply import Json
from sandbox.tenants import Tenant

Played = Order | Capture | Refund | Dispute
Part = Callable[[Deed, str, Json], Played]


def play(part: Part, *known: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Make a control endpoint of a part: does the deed, sends its events, shows what came of it."""

    @control
    async def handle(request: web.Request, tenant: Tenant) -> Json:
        wish = await wish_of(request, *known)
        tenant.room(Books).base = f"http://{request.host}"
        deed = Deed(tenant, "paypal")
        try:
            played = part(deed, request.match_info["id"], wish)
        except Problem as problem:
            raise refused(problem) from None
        deed.publish()
        return shown(played)

    return handle


def refused(problem: Problem) -> web.HTTPException:
    """Word a problem for a control caller: 404 or 409 with the issue's name."""
    missing = problem.status == 404  # noqa: PLR2004
    return refusal(404 if missing else 409, problem.details[0].issue)


def shown(played: Played) -> Json:
    """Give the little a control caller needs; the API shows the rest."""
    told: Json = {"id": played.id, "status": played.status}
    if isinstance(played, Order):
        told |= {"payer": played.payer, "payer_id": played.payer_id}
    return told


def _approve(deed: Deed, order_id: str, wish: Json) -> Order:
    return approving.approve(deed, _order(deed, order_id), wish.get("payer", DEFAULT_PAYER))


def _decline(deed: Deed, order_id: str, _: Json) -> Order:
    return approving.cancel(deed, _order(deed, order_id))


def _void(deed: Deed, order_id: str, _: Json) -> Order:
    return approving.void(deed, _order(deed, order_id))


def _settle(deed: Deed, capture_id: str, wish: Json) -> Capture:
    outcome = _outcome(wish, "completed", "declined")
    pending = _capture(deed, capture_id)
    return capturing.settle_capture(deed, pending, completed=outcome == "completed")


def _refund(deed: Deed, capture_id: str, wish: Json) -> Refund:
    capture = _capture(deed, capture_id)
    value: Any = wish.get("amount")
    amount = None if value is None else parse_money(value, capture.amount.currency, "/amount")
    return refunding.refund_capture(deed, capture, RefundWish(amount, note=wish.get("note")))


def _reverse(deed: Deed, capture_id: str, _: Json) -> Refund:
    return refunding.reverse_capture(deed, _capture(deed, capture_id))


def _settle_refund(deed: Deed, refund_id: str, wish: Json) -> Refund:
    status = RefundStatus(_outcome(wish, "completed", "failed", "cancelled").upper())
    return refunding.settle_refund(deed, books_of(deed).refunds[refund_id], status)


def _dispute(deed: Deed, capture_id: str, wish: Json) -> Dispute:
    reason = wish.get("reason", "MERCHANDISE_OR_SERVICE_NOT_RECEIVED")
    return disputing.open_dispute(deed, _capture(deed, capture_id), reason)


def _review(deed: Deed, dispute_id: str, _: Json) -> Dispute:
    return disputing.review_dispute(deed, books_of(deed).disputes[dispute_id])


def _resolve(deed: Deed, dispute_id: str, wish: Json) -> Dispute:
    winner = wish.get("winner", "seller")
    return disputing.resolve_dispute(deed, books_of(deed).disputes[dispute_id], winner)


def _outcome(wish: Json, *known: str) -> str:
    outcome = wish.get("outcome", known[0])
    if outcome not in known:
        raise ValueError(f"outcome is one of {', '.join(known)}.")
    return str(outcome)


def _order(deed: Deed, order_id: str) -> Order:
    return books_of(deed).orders[order_id]


def _capture(deed: Deed, capture_id: str) -> Capture:
    return books_of(deed).captures[capture_id]


@control
async def add_webhook(request: web.Request, tenant: Tenant) -> Json:
    """Register a listener, under a chosen id if one is given."""
    wish = await wish_of(request, "url", "id", "event_types")
    if not isinstance(wish.get("url"), str):
        raise ValueError("Give the url to deliver to.")
    tenant.room(Books).base = f"http://{request.host}"
    endpoint = register(tenant, wish["url"], wish.get("event_types", ["*"]), wish.get("id"))
    return {"id": endpoint.id, "url": endpoint.url}


@control
async def change_account(request: web.Request, tenant: Tenant) -> Json:
    """Change what the merchant's account allows."""
    wish = await wish_of(request, "blocks_duplicate_invoices")
    books = tenant.room(Books)
    books.blocks_duplicate_invoices = bool(
        wish.get("blocks_duplicate_invoices", books.blocks_duplicate_invoices)
    )
    return {"blocks_duplicate_invoices": books.blocks_duplicate_invoices}


def add_control_routes(app: web.Application) -> None:
    """Mount the parts to play."""
    root = "/_sandbox/paypal"
    app.add_routes(
        [
            web.post(f"{root}/webhooks", add_webhook),
            web.post(f"{root}/account", change_account),
            web.post(f"{root}/orders/{{id}}/approve", play(_approve, "payer")),
            web.post(f"{root}/orders/{{id}}/decline", play(_decline)),
            web.post(f"{root}/orders/{{id}}/void", play(_void)),
            web.post(f"{root}/captures/{{id}}/settle", play(_settle, "outcome")),
            web.post(f"{root}/captures/{{id}}/refund", play(_refund, "amount", "note")),
            web.post(f"{root}/captures/{{id}}/reverse", play(_reverse)),
            web.post(f"{root}/captures/{{id}}/dispute", play(_dispute, "reason")),
            web.post(f"{root}/refunds/{{id}}/settle", play(_settle_refund, "outcome")),
            web.post(f"{root}/disputes/{{id}}/review", play(_review)),
            web.post(f"{root}/disputes/{{id}}/resolve", play(_resolve, "winner")),
        ]
    )
