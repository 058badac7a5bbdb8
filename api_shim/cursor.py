"""Cursors: where the next page of a list begins (JSON:API profile "Cursor Pagination")."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from flask import request

from api_shim.errors import ApiError

_KEY_BYTES: Final = 8
_AFTER: Final = "page[after]"


def page_link(*, after: int) -> str:
    """The link of the page after that row of this request's list, with its other parameters."""
    cursor = urlsafe_b64encode(after.to_bytes(_KEY_BYTES, "big")).rstrip(b"=").decode()
    parameters = request.args.to_dict() | {_AFTER: cursor}
    return f"{request.path}?{urlencode(parameters)}"


def read_cursor(cursor: str | None) -> int | None:
    """The id of the row that the page comes after; ApiError 400 for what is no cursor of ours."""
    if cursor is None:
        return None
    try:
        key = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES or key[0] > 0x7F:  # noqa: PLR2004 beyond a bigint
        detail = f"{_AFTER}: is no cursor of this list"
        raise ApiError(HTTPStatus.BAD_REQUEST, detail, {"parameter": _AFTER})
    return int.from_bytes(key, "big")
