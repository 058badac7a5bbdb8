"""The defensive reading of Stripe's JSON, whatever version or accident shaped it."""

from __future__ import annotations

import re
from typing import Final

from shared.domain.errors import InvalidMoney
from shared.domain.money import Money
from shared.domain.wire_amount import from_stripe

OUR_KEYS: Final = ("charge", "order", "refund")
"""The metadata under which our identifiers travel."""

_OURS: Final = re.compile(r"(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def at(document: object, *path: str) -> object:
    """What stands at the path; None where the path leads nowhere."""
    for name in path:
        if not isinstance(document, dict):
            return None
        document = document.get(name)
    return document


def text(document: object, *path: str) -> str | None:
    """The text at the path."""
    found = at(document, *path)
    return found if isinstance(found, str) else None


def whole(document: object, *path: str) -> int | None:
    """The whole number at the path."""
    found = at(document, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def items(document: object, *path: str) -> list[object]:
    """The list at the path; empty where there is none."""
    found = at(document, *path)
    return found if isinstance(found, list) else []


def id_of(document: object, *path: str) -> str | None:
    """The id at the path, where Stripe shows either the id or the expanded object."""
    return text(document, *path) or text(document, *path, "id")


def money_of(document: object, field: str) -> Money | None:
    """The amount in that field with the object's currency; None where they make no money."""
    units, currency = whole(document, field), text(document, "currency")
    if units is None or currency is None or units < 0:
        return None
    try:
        return from_stripe(units, currency)
    except InvalidMoney:
        return None


def our_references(document: object) -> frozenset[str]:
    """The identifiers of ours in the object's metadata; others write there what they like."""
    found = (text(document, "metadata", key) or "" for key in OUR_KEYS)
    return frozenset(reference.lower() for reference in found if _OURS.fullmatch(reference))
