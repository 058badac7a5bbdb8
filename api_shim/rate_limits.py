"""How often one user or one address may ask."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import Final

from flask import Flask, request

from api_shim import runtime
from api_shim.errors import ApiError
from api_shim.fixed_windows import Counter, Full, Rate, Window
from shared.web_settings import WebSettings

_UNLIMITED: Final = {"health", "metrics"}
_NETWORK_BITS: Final = 64
"""What an IPv6 customer is given: as many addresses as it likes (RFC 6177)."""


def install(app: Flask, redis_url: str, settings: WebSettings) -> None:
    """Limit the application's requests. An answer never waits for Redis, nor needs it."""
    counter = Counter(redis_url)
    per_address = Rate.of(settings.rate_limit_per_address)
    per_user = Rate.of(settings.rate_limit_per_user)
    of_webhooks = Rate.of(settings.rate_limit_of_webhooks)

    def windows() -> Iterator[Window]:
        address = _address(request.remote_addr or "")
        if request.blueprint == "webhooks":
            yield Window(f"webhooks:{address}", of_webhooks)
        else:
            yield Window(f"address:{address}", per_address)
        user = _user()
        if user is not None:
            yield Window(f"user:{user}", per_user)

    def limit() -> None:
        if request.endpoint is None or request.blueprint in _UNLIMITED:
            return
        if full := counter.count(tuple(windows())):
            raise _refusal(full)

    app.before_request(limit)


@lru_cache(maxsize=4096)
def _address(told: str) -> str:
    try:
        address = ip_address(told)
    except ValueError:  # a socket without addresses, or a proxy that writes something else
        return "unknown"
    match address:
        case IPv6Address(ipv4_mapped=None):
            return str(ip_network((int(address), _NETWORK_BITS), strict=False))
        case IPv6Address(ipv4_mapped=mapped):
            return str(mapped)
        case _:
            return str(address)


def _user() -> str | None:
    try:
        return runtime.caller().user_id
    except ApiError:  # the door will say so, in its turn
        return None


def _refusal(full: Full) -> ApiError:
    detail = f"More than {full.rate} were sent. Slow down."
    headers = {"Retry-After": str(max(1, ceil(full.seconds)))}
    return ApiError(HTTPStatus.TOO_MANY_REQUESTS, detail, code="rate_limited", headers=headers)
