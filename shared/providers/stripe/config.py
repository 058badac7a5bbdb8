"""What the Stripe adapter needs to know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from shared.providers.http import CallLimits
from shared.providers.stripe.access import KeyOf, no_key

API_VERSION: Final = "2026-10-28.endive"
"""Stripe's API as this adapter reads it; frozen calls keep the one they were made under."""


@dataclass(frozen=True, slots=True)
class StripeConfig:
    """One Stripe platform account."""

    api_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)
    """`whsec_…`, any of which may have signed: endpoints, and the old one while it is rotated."""
    livemode: bool
    api_base: str = "https://api.stripe.com"
    limits: CallLimits = field(default_factory=CallLimits)
    connect_base: str = "https://connect.stripe.com"
    client_id: str = ""
    """`ca_…`: the platform as organizers let it in."""
    connect_webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    key_of: KeyOf = field(default=no_key, repr=False)
    """Where the organizers' own keys are looked up."""
