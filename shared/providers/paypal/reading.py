"""The careful reading of PayPal's JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from shared.domain.errors import InvalidMoney
from shared.domain.money import Money
from shared.domain.wire_amount import from_paypal
from shared.providers.base import JsonObject

_ID: Final = re.compile(r"[A-Z0-9-]{1,64}")
_OURS: Final = re.compile(r"(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_WEB: Final = frozenset({"https", "http"})


class Unreadable(Exception):
    """A JSON that is not what PayPal documents; names the member, never its content."""


def parsed(raw: str | bytes) -> JsonObject:
    """The JSON object in these bytes; an empty one where they hold none."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        body = None
    return body if isinstance(body, dict) else {}


def is_id(text: str) -> bool:
    """Whether this may be an id of PayPal's, and so stand in a path."""
    return _ID.fullmatch(text) is not None


def text(body: object, *path: str) -> str | None:
    """The text at a path of members; None where there is none, or something else."""
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body if isinstance(body, str) else None


def demand(body: object, *path: str) -> str:
    """The text at a path of members; Unreadable where there is none."""
    found = text(body, *path)
    if found is None:
        raise Unreadable(f"no {'.'.join(path)}")
    return found


def demand_id(body: object, *path: str) -> str:
    """The id at a path of members; Unreadable where there is none."""
    found = demand(body, *path)
    if not is_id(found):
        raise Unreadable(f"{'.'.join(path)} is no id")
    return found


def several(body: object, *path: str) -> list[JsonObject]:
    """The objects in the list at a path of members; none where there is no list."""
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return [item for item in body if isinstance(item, dict)] if isinstance(body, list) else []


def all_of(body: object, name: str) -> list[JsonObject]:
    """The objects of a list that must be there, whole; Unreadable for anything else."""
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise Unreadable(f"no list of {name}")
    return found


def money(body: object, value: str, currency: str, *path: str) -> Money:
    """The amount at a path, whose members v1 and v2 name differently; its sign is dropped."""
    amount, code = demand(body, *path, value), demand(body, *path, currency)
    try:
        return from_paypal(amount, code)
    except InvalidMoney:
        raise Unreadable(f"{'.'.join(path)} is no amount") from None


def texts(body: object, *names: str) -> frozenset[str]:
    """The texts that stand under these names."""
    return frozenset(found for name in names if (found := text(body, name)))


def identifiers(body: object, *names: str) -> frozenset[str]:
    """The identifiers of ours under these names; what anybody else wrote there is left out."""
    return frozenset(found.lower() for found in texts(body, *names) if _OURS.fullmatch(found))


def instant(written: str | None) -> datetime | None:
    """An instant in any of PayPal's spellings: `…Z`, `….939Z`, `…-07:00`."""
    try:
        moment = datetime.fromisoformat(written or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def page(body: object, *relations: str) -> str | None:
    """The page that the payer is sent to: the first web link with one of these relations."""
    found = (link for link in _links(body, *relations) if urlsplit(link).scheme in _WEB)
    return next(found, None)


def linked_id(body: object, relation: str, collection: str) -> str | None:
    """The id of a linked object, by the path's end alone: a link's host is never to be trusted."""
    for link in _links(body, relation):
        parents, _, last = urlsplit(link).path.rpartition("/")
        if parents.endswith(f"/{collection}") and is_id(last):
            return last
    return None


def _links(body: object, *relations: str) -> Iterator[str]:
    for link in several(body, "links"):
        href = text(link, "href")
        if href and link.get("rel") in relations:
            yield href
