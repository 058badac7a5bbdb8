"""Redaction: what a person may be shown of a call to a provider."""

from __future__ import annotations

from typing import Final

from shared.providers.base import JsonObject

HIDDEN: Final = "…"

SHOWN: Final = frozenset(
    "account amount api_version capture_method charge confirm currency currency_code custom"
    " custom_id description intent invoice_id order payment_intent"
    " create_time created event_type reason reference_id refund resource_type shipping_preference"
    " status total type user_action value".split()
)
"""The names of values that are no secret: all that is not named here is hidden."""


def redacted(body: JsonObject) -> JsonObject:
    """The body with its shape, and of its values those that are known to be no secret."""
    return {name: _shown(name, value) for name, value in body.items()}


def _shown(name: str, value: object) -> object:
    match value:
        case dict():
            return redacted(value)
        case list():
            return [_shown(name, each) for each in value]
        case None | bool():
            return value
        case _:
            return value if name in SHOWN else HIDDEN
