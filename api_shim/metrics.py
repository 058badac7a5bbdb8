"""The metrics route: what this gunicorn counted and where things stand, for who may know."""

from __future__ import annotations

from hmac import compare_digest
from http import HTTPStatus
from ipaddress import ip_address
from time import perf_counter
from typing import Final

from flask import Flask, Response, current_app, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from api_shim import runtime
from api_shim.door import Routes
from api_shim.errors import ApiError
from api_shim.standing import StandingCollector
from shared.container import Container
from shared.settings import metrics_folder

routes = Routes("metrics", __name__)

_STANDING: Final = "chargehand.standing"
_REQUESTS: Final = Counter(
    "chargehand_http_requests", "Requests answered.", ["method", "route", "status"]
)
_SECONDS: Final = Histogram(
    "chargehand_http_request_seconds",
    "Time from a request's arrival to its answer.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_METHODS: Final = {"GET", "POST", "PATCH", "DELETE", "OPTIONS", "HEAD"}
_FORWARDED: Final = {"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip"}


def install(app: Flask, container: Container) -> None:
    """Count and time every request, by its route's rule: what clients make up becomes no label."""
    app.extensions[_STANDING] = StandingCollector(container)
    app.before_request(_start)
    app.after_request(_count)


@routes.public_door(
    "GET",
    "/metrics",
    summary="Counts for Prometheus, to whoever brings METRICS_TOKEN; without one, on this machine",
    answers={200: None, 401: None, 404: None},
    media_type="text/plain",
)
def metrics() -> Response:
    """What was counted."""
    _admit(runtime.deps().settings.metrics_token.get_secret_value())
    return Response(_counted(), content_type=CONTENT_TYPE_LATEST)


def _admit(token: str) -> None:
    """Let the right one in. What a proxy passes on looks local, but for the proxy's headers."""
    if not token:
        if not _is_local():
            raise ApiError(HTTPStatus.NOT_FOUND, "There is nothing here.")
        return
    _, _, given = request.headers.get("Authorization", "").partition(" ")
    if not compare_digest(given.encode(), token.encode()):
        challenge = {"WWW-Authenticate": 'Bearer realm="metrics"'}
        detail = "This needs the token of METRICS_TOKEN."
        raise ApiError(HTTPStatus.UNAUTHORIZED, detail, headers=challenge)


def _is_local() -> bool:
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return False
    return address.is_loopback and not any(name in request.headers for name in _FORWARDED)


def _counted() -> bytes:
    return _of_processes() + generate_latest(current_app.extensions[_STANDING])


def _of_processes() -> bytes:
    folder = metrics_folder()
    if folder is None:
        return generate_latest()
    registry = CollectorRegistry()
    MultiProcessCollector(registry, folder)
    return generate_latest(registry)


def _start() -> None:
    g.started = perf_counter()


def _count(response: Response) -> Response:
    route = request.url_rule.rule if request.url_rule else "none"
    method = request.method if request.method in _METHODS else "other"
    _REQUESTS.labels(method, route, str(response.status_code)).inc()
    _SECONDS.labels(method, route).observe(perf_counter() - g.started)
    return response
