"""The Flask application: its routes, its limits, its error format."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final
from uuid import uuid4

import structlog
from flask import Flask, Response, g

from api_shim import (
    authorizations,
    charges,
    errors,
    events,
    headers,
    health,
    metrics,
    orders,
    origins,
    outbound_events,
    rate_limits,
    reference,
    refunds,
    runtime,
    traces,
    webhook_endpoints,
    webhooks,
)
from api_shim.console import actions, pages, session, sessions
from api_shim.console import events as console_events
from api_shim.console.room import RowConverter
from api_shim.reading import LARGEST_BODY
from shared.container import Container

ROOMS: Final = (
    events,
    orders,
    charges,
    refunds,
    authorizations,
    webhook_endpoints,
    outbound_events,
    webhooks,
    health,
    metrics,
    reference,
    sessions,
    pages,
    console_events,
    actions,
)


class _Shim(Flask):
    """Flask, whose answer to OPTIONS is one without a body (RFC 9110 §9.3.7)."""

    def make_default_options_response(self) -> Response:
        """Say what is allowed, to a page's preflight too."""
        response = super().make_default_options_response()
        response.status_code = HTTPStatus.NO_CONTENT
        del response.headers["Content-Type"]
        return response


def create_app(container: Container) -> Flask:
    """An application over that container."""
    app = _Shim(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.url_map.strict_slashes = False
    app.url_map.converters["row"] = RowConverter
    runtime.install(app.extensions, container)
    errors.install(app)
    app.before_request(_begin)
    app.after_request(_finish)
    settings = container.settings
    traces.install(app)
    session.install(app, settings)
    metrics.install(app, container)
    headers.install(app, https_only=settings.environment == "production")
    origins.install(app, settings.cors_origins)
    rate_limits.install(app, settings.redis_url, settings)
    for room in ROOMS:
        app.register_blueprint(room.routes)
    return app


def _begin() -> None:
    g.request_id = uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    return response
