"""Redaction: what a person may be shown of a call to a provider."""

from __future__ import annotations

import re
from typing import Final

from shared.providers.base import JsonObject

HIDDEN: Final = "…"

SHOWN: Final = frozenset(
    "account amount api_version capture_method charge confirm currency currency_code custom"
    " custom_id description intent invoice_id order payment_intent"
    " reason reference_id refund shipping_preference total user_action value".split()
)
"""The names of values that are no secret: all that is not named here is hidden."""

_WORD: Final = re.compile(r"[A-Za-z]+([._-][A-Za-z]+)*")
_INSTANT: Final = re.compile(r"\d+|\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)")
SHAPES: Final = dict.fromkeys(("event_type", "resource_type", "status", "type"), _WORD) | (
    dict.fromkeys(("create_time", "created"), _INSTANT)
)
"""The names of values that are no secret as long as they look like what they ought to be."""


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
            shape = SHAPES.get(name)
            is_as_it_ought = shape is not None and shape.fullmatch(str(value)) is not None
            return value if name in SHOWN or is_as_it_ought else HIDDEN
