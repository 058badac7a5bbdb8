"""What every control endpoint begins with: which tenant, which JSON."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from sandbox.call import Dialect
from sandbox.ledger import Ledger
from sandbox.postman import Postman
from sandbox.reply import Json
from sandbox.requests_log import RequestLog
from sandbox.tenants import Tenant, Tenants
from sandbox.webhook_parts import Courier


@dataclass(slots=True)
class Sandbox:
    """Everything one process holds. `strangers`: requests that named no tenant."""

    ledger: Ledger
    postman: Postman
    couriers: dict[str, Courier]
    tenants: Tenants
    dialects: list[Dialect] = field(default_factory=list)
    strangers: RequestLog = field(default_factory=RequestLog)


SANDBOX: web.AppKey[Sandbox] = web.AppKey("sandbox", Sandbox)

ControlAnswer = Callable[[web.Request, Tenant], Awaitable[Json]]


def sandbox_of(request: web.Request) -> Sandbox:
    """Return what the process holds."""
    return request.app[SANDBOX]


def tenant_of(request: web.Request) -> Tenant:
    """Return the tenant that a control request names by header or query; 400 without one."""
    credential = request.headers.get("Sandbox-Tenant") or request.query.get("tenant")
    if not credential:
        raise refusal(
            400, "Name the tenant: header Sandbox-Tenant: <sk_test_… or PayPal client id>"
        )
    return sandbox_of(request).tenants.named(credential)


async def wish_of(request: web.Request, *known: str) -> Json:
    """Return the JSON object sent along; 400 for other JSON or for members beyond `known`."""
    raw = await request.read()
    try:
        wish = json.loads(raw) if raw else {}
    except ValueError:
        raise refusal(400, "The body is no JSON.") from None
    if not isinstance(wish, dict):
        raise refusal(400, "The body is no JSON object.")
    strange = set(wish) - set(known)
    if known and strange:
        raise refusal(400, f"Unknown: {', '.join(sorted(strange))}. Known: {', '.join(known)}")
    return wish


def refusal(status: int, why: str) -> web.HTTPException:
    """Return the exception that answers a control request with an error."""
    kinds = {400: web.HTTPBadRequest, 404: web.HTTPNotFound, 409: web.HTTPConflict}
    body = json.dumps({"error": why}, ensure_ascii=False)
    return kinds[status](text=body, content_type="application/json")


def control(answer: ControlAnswer) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Make a control endpoint of a function: finds the tenant, sends JSON, words ValueErrors."""

    async def handle(request: web.Request) -> web.Response:
        tenant = tenant_of(request)
        try:
            return web.json_response(await answer(request, tenant))
        except (ValueError, TypeError) as wrong:
            raise refusal(400, str(wrong)) from None
        except LookupError as missing:
            raise refusal(404, f"No such object: {missing}") from None

    return handle
