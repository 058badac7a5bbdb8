"""The reference: the API's description, as a document and as a page that needs no network."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import flask_swagger_ui
from flask import Response, current_app, json, send_from_directory

from api_shim.door import Routes, doors_of
from api_shim.openapi import document

routes = Routes("reference", __name__)

_ASSETS: Final = Path(flask_swagger_ui.__file__).parent / "dist"
_SHOWN: Final = frozenset({"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"})
_POLICY: Final = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Chargehand's API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body>
<main id="reference"></main>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
_START: Final = (
    "SwaggerUIBundle({url: '/openapi.json', dom_id: '#reference', validatorUrl: null,"
    " deepLinking: true});\n"
)


@routes.public_door(
    "GET",
    "/openapi.json",
    summary="This description, as OpenAPI 3.1",
    answers={200: None, 429: None},
    media_type="application/json",
)
def openapi() -> Response:
    """Describe every route of this application."""
    described = json.dumps(document(doors_of(current_app)))
    return Response(described, content_type="application/json")


@routes.public_door(
    "GET",
    "/docs",
    summary="This description, as a page",
    answers={200: None, 429: None},
    media_type="text/html",
)
def page() -> Response:
    """Show the reference."""
    return Response(_PAGE, headers={"Content-Security-Policy": _POLICY}, content_type="text/html")


@routes.public_door(
    "GET",
    "/docs/<asset>",
    summary="What the page is made of",
    answers={200: None, 404: None, 429: None},
    media_type="*/*",
)
def page_asset(asset: str) -> Response:
    """Send a script, a style or a picture."""
    if asset == "start.js":
        return Response(_START, content_type="text/javascript")
    return send_from_directory(_ASSETS, asset if asset in _SHOWN else "")
