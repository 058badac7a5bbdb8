"""What the Stripe adapter needs to know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from shared.providers.http import CallLimits

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
