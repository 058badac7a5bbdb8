"""The organizer at Stripe: who agrees to a platform, who leaves it."""

from aiohttp import web

from sandbox.call import Deed
from sandbox.door import control, refusal, wish_of
from sandbox.reply import Json
from sandbox.stripe.connections import connect, disconnect, mint_code
from sandbox.stripe.telling import PROVIDER
from sandbox.tenants import Tenant, new_id


@control
async def give_code(request: web.Request, tenant: Tenant) -> Json:
    """Play an organizer who agrees on Stripe's page: what the browser brings back."""
    wish = await wish_of(request, "account", "scope")
    name, code = mint_code(tenant, wish.get("account"), wish.get("scope", "read_write"))
    return {"code": name, "account": code.account, "expires_at": code.expires_at}


@control
async def connect_account(request: web.Request, tenant: Tenant) -> Json:
    """Connect an account without OAuth, as one that the platform made."""
    wish = await wish_of(request, "id")
    deed = Deed(tenant, PROVIDER, wish.get("id") or new_id("acct_1", 15))
    connect(deed)
    deed.publish()
    return {"id": deed.account}


@control
async def leave(request: web.Request, tenant: Tenant) -> Json:
    """Play an organizer who throws the platform out in the dashboard."""
    deed = Deed(tenant, PROVIDER, request.match_info["id"])
    if not disconnect(deed):
        raise refusal(409, f"{deed.account} is not connected.")
    deed.publish()
    return {"id": deed.account}


def add_routes(app: web.Application) -> None:
    """Mount the control endpoints of Connect."""
    app.add_routes(
        [
            web.post("/_sandbox/stripe/authorization_codes", give_code),
            web.post("/_sandbox/stripe/accounts", connect_account),
            web.post("/_sandbox/stripe/accounts/{id}/deauthorize", leave),
        ]
    )
