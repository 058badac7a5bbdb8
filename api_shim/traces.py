"""A span for each request, which the charges, refunds and events that it stores keep."""

from __future__ import annotations

from contextlib import ExitStack
from http import HTTPStatus
from typing import Final

from flask import Flask, Response, g, request
from opentelemetry.trace import SpanKind, StatusCode, get_current_span

from shared import tracing

_UNTRACED: Final = {"health", "metrics"}
"""The rooms that are asked all the time and change nothing."""


def install(app: Flask) -> None:
    """Trace the requests, where this process traces."""
    app.before_request(_start)
    app.after_request(_note)
    app.teardown_request(_end)


def _start() -> None:
    if not tracing.is_on() or request.blueprint in _UNTRACED:
        return
    route = request.url_rule.rule if request.url_rule else "none"
    g.traced = ExitStack()
    parent = request.headers.get("traceparent")
    span = tracing.span(
        f"{request.method} {route}", SpanKind.SERVER, parent=parent, request_id=g.request_id
    )
    g.traced.enter_context(span).set_attributes(
        {"http.request.method": request.method, "http.route": route}
    )


def _note(response: Response) -> Response:
    span = get_current_span()
    span.set_attribute("http.response.status_code", response.status_code)
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        span.set_status(StatusCode.ERROR)
    return response


def _end(_: BaseException | None) -> None:
    if "traced" in g:
        g.traced.close()
