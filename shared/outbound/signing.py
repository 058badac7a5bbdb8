"""The signed form of an event (Standard Webhooks 1.0.0, standardwebhooks.com)."""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from standardwebhooks import Webhook

SECRET_BYTES: Final = 32
"""The specification asks for 24 to 64."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event as it is sent: the same bytes, however often."""

    kind: str
    happened_at: datetime
    data: Mapping[str, object]

    @property
    def body(self) -> bytes:
        """The bytes that are signed."""
        told = {"type": self.kind, "timestamp": self.happened_at.isoformat(), "data": self.data}
        return json.dumps(told, separators=(",", ":"), sort_keys=True).encode()


def new_secret() -> str:
    """A fresh signing secret, as receivers' libraries take it."""
    return f"whsec_{b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def signed_headers(
    message: str, body: bytes, signing_secrets: Sequence[str], now: datetime
) -> dict[str, str]:
    """The headers of one try, signed with every secret that a receiver may still hold."""
    text = body.decode()
    signatures = [Webhook(secret).sign(message, now, text) for secret in signing_secrets]
    return {
        "Content-Type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
