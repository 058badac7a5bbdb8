"""The courier: one POST to an endpoint, bounded in time, to a checked address and no other."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from functools import cache
from time import monotonic
from typing import Final, Protocol

import certifi
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.util import Timeout

from shared.domain.errors import ForbiddenAddress
from shared.domain.outbound import LONGEST_RETRY_AFTER, Answer
from shared.outbound.addresses import AddressRules, Target
from shared.providers.http import BoundedPool, BoundedTLSPool, CallLimits
from shared.providers.retry_after import wait_named

AGENT: Final = "Chargehand/0.1 (outbound events)"
LONGEST_ERROR: Final = 300


class Courier(Protocol):
    """The port through which events leave."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send it once; whatever happens is an answer."""
        ...


class HttpCourier:
    """Resolves, checks and then connects to the very address it checked (no DNS rebinding).

    It follows no redirect and reads no body: what an endpoint answers beyond its status is of no
    use to us, and must not become a way to read what stands behind it.
    """

    def __init__(
        self, rules: AddressRules, limits: CallLimits, trust: ssl.SSLContext | None = None
    ) -> None:
        self._rules = rules
        self._limits = limits
        self._trust = trust

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send it once, to the first address that takes a connection."""
        try:
            target = self._rules.target(url)
            addresses = self._rules.addresses(target)
        except ForbiddenAddress as refused:
            return Answer(error=f"not sent: {refused}"[:LONGEST_ERROR])
        ends_at = monotonic() + self._limits.total_deadline
        answer = Answer(error=f"not sent: {target.host} has no address")
        for address in addresses:
            try:
                response = self._send(target, address, headers, body, ends_at)
            except (NewConnectionError, ConnectTimeoutError) as error:
                answer = _unanswered(error)
            except HTTPError as error:
                return _unanswered(error)
            else:
                return _answer(response)
        return answer

    def _send(
        self,
        target: Target,
        address: str,
        headers: Mapping[str, str],
        body: bytes,
        ends_at: float,
    ) -> BaseHTTPResponse:
        timeout = Timeout(
            connect=self._limits.connect_timeout,
            read=self._limits.read_timeout,
            total=max(ends_at - monotonic(), 0.001),
        )
        with self._pool(target, address) as pool:
            response = pool.urlopen(
                "POST",
                target.path,
                body=body,
                headers={**headers, **_connection_headers(target)},
                retries=False,
                redirect=False,
                timeout=timeout,
                preload_content=False,
            )
            response.close()
        return response

    def _pool(self, target: Target, address: str) -> BoundedPool | BoundedTLSPool:
        if target.scheme == "http":
            return BoundedPool(address, target.port)
        trust = self._trust or _public_trust()
        return BoundedTLSPool(
            address, target.port, ssl_context=trust, server_hostname=target.server_name
        )


@cache
def _public_trust() -> ssl.SSLContext:
    """Read by whoever sends, once: it takes longer than all else that a process is built of."""
    return ssl.create_default_context(cafile=certifi.where())


def _connection_headers(target: Target) -> dict[str, str]:
    return {
        "Host": target.authority,
        "User-Agent": AGENT,
        "Accept-Encoding": "identity",
        "Connection": "close",  # one that was closed unseen would look like a failed delivery
    }


def _answer(response: BaseHTTPResponse) -> Answer:
    named = response.headers.get("Retry-After", "")
    return Answer(response.status, retry_after=wait_named(named, LONGEST_RETRY_AFTER))


def _unanswered(error: HTTPError) -> Answer:
    return Answer(error=f"{type(error).__name__}: {error}"[:LONGEST_ERROR])
