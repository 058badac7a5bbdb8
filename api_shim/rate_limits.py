"""How often one user or one address may ask: counted in Redis, in memory while that is away."""

from __future__ import annotations

from http import HTTPStatus
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from time import time
from typing import Final

from flask import Flask, g, request
from flask_limiter import ApplicationLimit, Limiter, RateLimitExceeded, RequestLimit
from redis.backoff import NoBackoff
from redis.retry import Retry

from api_shim import errors, runtime
from api_shim.errors import ApiError
from shared.web_settings import WebSettings

_IMPATIENT: Final = {
    "socket_connect_timeout": 0.05,
    "socket_timeout": 0.05,
    "retry": Retry(NoBackoff(), 0),
}
"""A Redis that hangs costs one request 50 ms, and is then left alone: for a second, two, … sixteen.

Retries are redis-py's default; they would make that 200 ms and more.
"""

_UNLIMITED: Final = {"health", "metrics"}
_NETWORK_BITS: Final = 64
"""What an IPv6 customer is given: as many addresses as it likes (RFC 6177)."""


def install(app: Flask, redis_url: str, settings: WebSettings) -> None:
    """Limit the application's requests. An answer never waits for Redis, nor needs it."""
    app.config["RATELIMIT_STORAGE_OPTIONS"] = _IMPATIENT
    limiter = Limiter(
        _address,
        application_limits=[
            ApplicationLimit(
                settings.rate_limit_per_address, scope="address", exempt_when=_is_webhook
            ),
            ApplicationLimit(
                settings.rate_limit_of_webhooks, scope="webhooks", exempt_when=_is_no_webhook
            ),
            ApplicationLimit(
                settings.rate_limit_per_user,
                scope="user",
                key_function=lambda: runtime.caller().user_id,
                exempt_when=_is_nobody,
            ),
        ],
        storage_uri=redis_url,
        in_memory_fallback_enabled=True,
        # Of several requests that find Redis away, the first turns to memory; the rest are let in.
        swallow_errors=True,
        key_prefix="chargehand",
        on_breach=_note_when,
    )
    limiter.request_filter(lambda: request.blueprint in _UNLIMITED)
    limiter.init_app(app)
    app.register_error_handler(RateLimitExceeded, lambda error: errors.answer(refusal(error)))


def _address() -> str:
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:  # a socket without addresses, or a proxy that writes something else
        return "unknown"
    match address:
        case IPv6Address(ipv4_mapped=None):
            return str(ip_network((int(address), _NETWORK_BITS), strict=False))
        case IPv6Address(ipv4_mapped=mapped):
            return str(mapped)
        case _:
            return str(address)


def _is_webhook() -> bool:
    return request.blueprint == "webhooks"


def _is_no_webhook() -> bool:
    return not _is_webhook()


def _is_nobody() -> bool:
    try:
        runtime.caller()
    except ApiError:  # the door will say so, in its turn
        return True
    return False


def _note_when(limit: RequestLimit) -> None:
    g.retry_after = max(1, ceil(limit.window.reset_time - time()))


def refusal(exceeded: RateLimitExceeded) -> ApiError:
    """What a client is told that asks too often."""
    detail = f"More than {exceeded.limit.limit} were sent. Slow down."
    headers = {"Retry-After": str(g.retry_after)}
    return ApiError(HTTPStatus.TOO_MANY_REQUESTS, detail, code="rate_limited", headers=headers)
