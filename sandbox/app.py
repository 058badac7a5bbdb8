"""The assembly of the sandbox: core, providers, the doors they are reached by."""

from collections.abc import AsyncIterator

from aiohttp import web

from sandbox import control
from sandbox.door import SANDBOX, Sandbox, refusal
from sandbox.exchange import handler
from sandbox.ledger import Ledger
from sandbox.paypal import routes as paypal
from sandbox.postman import Postman
from sandbox.stripe import routes as stripe
from sandbox.tenants import Tenants
from sandbox.webhook_parts import Courier

MAX_BODY_BYTES = 4 * 1024 * 1024


def make_app(ledger_path: str = ":memory:") -> web.Application:
    """Build the application; each provider's `add_routes` mounts its own half.

    PayPal comes first: what it does not own of /v1 is Stripe's.
    """
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    ledger, postman = Ledger(ledger_path), Postman()
    couriers: dict[str, Courier] = {}
    tenants = Tenants(ledger, couriers, postman)
    app[SANDBOX] = Sandbox(ledger, postman, couriers, tenants)
    control.add_routes(app)
    paypal.add_routes(app)
    stripe.add_routes(app)
    app.router.add_route("*", "/{tail:.*}", refuse_unknown)
    app.cleanup_ctx.append(_closing)
    return app


async def refuse_unknown(request: web.Request) -> web.StreamResponse:
    """Let the provider that owns the path refuse it in its own words."""
    for dialect in request.app[SANDBOX].dialects:
        if dialect.owns(request.path):
            return await handler(dialect, dialect.unknown_route)(request)
    raise refusal(404, f"The sandbox has no {request.method} {request.path}")


async def _closing(app: web.Application) -> AsyncIterator[None]:
    yield
    sandbox = app[SANDBOX]
    sandbox.tenants.close()
    await sandbox.postman.close()
    sandbox.ledger.close()
