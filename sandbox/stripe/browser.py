"""The addresses of the stand-in for js.stripe.com: a script, the frames that it opens."""

from pathlib import Path

from aiohttp import web

from sandbox.stripe.publishable import PATHS, PREFLIGHT

ASSETS = Path(__file__).with_name("assets")
FRAMES = {"/stripe-js/card": "card.html", "/stripe-js/challenge": "challenge.html"}


async def script(_: web.Request) -> web.StreamResponse:
    """GET /stripe.js."""
    return web.FileResponse(ASSETS / "stripe.js", headers={"Cache-Control": "no-cache"})


async def frame(request: web.Request) -> web.StreamResponse:
    """GET /stripe-js/…: a document that stripe.js puts into a frame."""
    return web.FileResponse(ASSETS / FRAMES[request.path], headers={"Cache-Control": "no-cache"})


async def preflight(_: web.Request) -> web.Response:
    """OPTIONS on what a publishable key may call: any origin's page may."""
    return web.Response(status=204, headers=PREFLIGHT)


def add_routes(app: web.Application) -> None:
    """Mount the stand-in."""
    app.router.add_get("/stripe.js", script)
    for path in FRAMES:
        app.router.add_get(path, frame)
    for path in PATHS:
        app.router.add_route("OPTIONS", path, preflight)
