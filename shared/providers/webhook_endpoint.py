"""What a provider knows of an address that its webhooks go to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """Where a provider sends its webhooks; `unsubscribed` are the types read here that it omits."""

    id: str
    url: str
    is_enabled: bool
    unsubscribed: frozenset[str]
