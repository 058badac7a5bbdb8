"""Who may see what: the rules of ownership, and how rows are named in URLs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from api_shim.errors import ApiError
from api_shim.identity import ADMIN, Caller
from shared.repository.catalogue import StoredOrder, read_order

NOT_YOURS: Final = "You can only access your orders or your event's orders"

_DIGITS: Final = len(str(2**63 - 1))
"""A key with that many digits may not fit into a bigint."""


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


def find_order(connection: Connection, name: str) -> StoredOrder:
    """The order of that name in a URL; ApiError 404 without one."""
    stored = read_order(connection, *row_key(name))
    if stored is None:
        raise no_such_order(name)
    return stored


def no_such_order(name: str) -> ApiError:
    """The answer where an order is not there."""
    detail = f"Order with identifier: {name[:64]} not found"
    return ApiError(HTTPStatus.NOT_FOUND, detail, {"parameter": "order_identifier"})


def demand_buyer(caller: Caller, user_id: str) -> None:
    """Refuse everybody but the buyer."""
    if caller.user_id != user_id:
        raise ApiError(HTTPStatus.FORBIDDEN, NOT_YOURS)


def demand_reader(caller: Caller, user_id: str, organizer_ids: frozenset[str]) -> None:
    """Refuse everybody but the buyer, the event's organizers, an admin."""
    allowed = caller.user_id == user_id or caller.user_id in organizer_ids
    if not allowed and not caller.may(ADMIN):
        raise ApiError(HTTPStatus.FORBIDDEN, NOT_YOURS)
