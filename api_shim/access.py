"""Access by name: how rows are named in URLs and documents."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from api_shim.errors import ApiError, pointer
from shared.observability import about
from shared.repository.orders import StoredOrder, read_order
from shared.repository.views import ChargeView, read_charge

_DIGITS: Final = len(str(2**63 - 1))
"""A key with that many digits may not fit into a bigint."""
_WORD: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def row_key(text: str) -> tuple[int | None, UUID | None]:
    """A row's name in a URL: all digits is the primary key, a UUID the identifier.

    (None, None) where it can be neither, so that nothing is found.
    """
    if text.isascii() and text.isdigit():
        return (int(text), None) if len(text) < _DIGITS else (None, None)
    try:
        return None, UUID(text)
    except ValueError:
        return None, None


def event_key(text: str) -> tuple[int | None, str | None]:
    """An event's name in a URL, likewise; its identifier is a word of the platform's."""
    if text.isascii() and text.isdigit():
        return row_key(text)[0], None
    return None, text if _WORD.fullmatch(text) else None


def find_order(connection: Connection, name: str, *, lock: bool = False) -> StoredOrder:
    """The order of that name in a URL; ApiError 404 without one."""
    stored = read_order(connection, *row_key(name), lock=lock)
    if stored is None:
        raise no_such_order(name)
    return stored


def no_such_order(name: str) -> ApiError:
    """The answer where an order is not there."""
    detail = f"Order with identifier: {name[:64]} not found"
    return ApiError(HTTPStatus.NOT_FOUND, detail, {"parameter": "order_identifier"})


def find_charge(connection: Connection, name: str) -> ChargeView:
    """The charge of that name in a URL; ApiError 404 without one."""
    view = read_charge(connection, *row_key(name))
    if view is None:
        raise no_such_charge(name)
    about(charge_id=view.id)
    return view


def no_such_charge(name: str) -> ApiError:
    """The answer where a charge is not there."""
    detail = f"Charge with identifier: {name[:64]} not found"
    return ApiError(HTTPStatus.NOT_FOUND, detail, {"parameter": "charge_identifier"})


def demand_same_id(told: str | None, *names: str) -> None:
    """Refuse a change whose document names another row than its address does."""
    if told is None:
        raise ApiError(HTTPStatus.BAD_REQUEST, 'Missing id in "data" node', pointer("/data/id"))
    if told not in names:
        detail = "Value of id does not match the resource identifier in url"
        raise ApiError(HTTPStatus.BAD_REQUEST, detail, pointer("/data/id"))
