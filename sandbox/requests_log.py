"""The log of every HTTP request, free of secrets."""

import itertools
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any

KEPT_HEADERS = (
    "Idempotency-Key",
    "PayPal-Request-Id",
    "Prefer",
    "Stripe-Account",
    "Stripe-Version",
    "User-Agent",
)

SECRET = re.compile(r"(sk|rk|whsec|pk)_[A-Za-z0-9_]+|access_token[^&\s]*|_secret_[A-Za-z0-9]+")

_sequence = itertools.count(1)


@dataclass(slots=True)
class LoggedRequest:
    """One request: what came, which fault it met, what left.

    Written when the request arrives; `finished` turns True when its connection was served, so a
    hanging request is visible while it hangs. `committed`: the provider's state was changed.
    `delivered`: the whole, true answer was written to an open connection.
    """

    provider: str
    method: str
    path: str
    query: str
    request_id: str
    ts: float
    body_sha256: str
    headers: dict[str, str]
    account: str | None = None
    idempotency_key: str | None = None
    status: int | None = None
    fault: str | None = None
    replayed: bool = False
    committed: bool = False
    delivered: bool = False
    bytes_sent: int = 0
    duration_ms: float = 0.0
    finished: bool = False
    seq: int = field(default_factory=lambda: next(_sequence))

    def as_json(self) -> dict[str, Any]:
        """Return the row as plain JSON."""
        return asdict(self)


class RequestLog:
    """The requests of one tenant, oldest first."""

    def __init__(self) -> None:
        self.lines: list[LoggedRequest] = []

    def add(self, line: LoggedRequest) -> None:
        """Take a request into the log."""
        self.lines.append(line)

    def since(self, seq: int) -> list[LoggedRequest]:
        """Return the requests that came after `seq`."""
        return [line for line in self.lines if line.seq > seq]


def without_secrets(text: str) -> str:
    """Blank keys, client secrets, access tokens out of a URL."""
    return SECRET.sub("[redacted]", text)


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Pick the headers that say something; credentials are never among them."""
    return {name: without_secrets(headers[name]) for name in KEPT_HEADERS if name in headers}


def digest(body: bytes) -> str:
    """Name a body without keeping it: it may hold a card."""
    return sha256(body).hexdigest()
