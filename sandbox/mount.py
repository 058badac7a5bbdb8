"""How a provider joins the application."""

from collections.abc import Iterable

from aiohttp import web

from sandbox.call import Dialect, Operation
from sandbox.door import SANDBOX
from sandbox.exchange import handler
from sandbox.webhook_parts import Courier

Route = tuple[str, str, Operation]


def mount(
    app: web.Application, dialect: Dialect, courier: Courier, routes: Iterable[Route]
) -> None:
    """Register a provider: its dialect, its webhook courier, its (method, path, operation) table.

    Longer static prefixes win in the router; what no route takes goes to `dialect.unknown_route`
    of the first mounted dialect that owns the path.
    """
    sandbox = app[SANDBOX]
    sandbox.dialects.append(dialect)
    sandbox.couriers[courier.provider] = courier
    for method, path, operation in routes:
        app.router.add_route(method, path, handler(dialect, operation))
