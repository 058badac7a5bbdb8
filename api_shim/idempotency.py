"""Idempotency keys: the same request under the same key gets the same answer (IETF draft)."""

from __future__ import annotations

from hashlib import sha256
from http import HTTPStatus
from typing import Final

from flask import Response, json, request
from sqlalchemy import Connection

from api_shim import runtime
from api_shim.errors import ApiError
from api_shim.identity import Caller
from api_shim.jsonapi import MEDIA_TYPE
from api_shim.schemas.base import Document
from shared.repository.idempotency import CallerKey, StoredAnswer, keep_answer

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = {"Idempotent-Replayed": "true"}
RETRY_AFTER: Final = {"Retry-After": "1"}
"""When to look what became of something accepted."""
_SOURCE: Final = {"header": HEADER}
_LONGEST: Final = 255


def caller_key(caller: Caller) -> CallerKey:
    """The request's key in the scope of user and route; ApiError 400 for a malformed one."""
    key = request.headers.get(HEADER)
    if key is not None and not (0 < len(key) <= _LONGEST and key.isascii() and key.isprintable()):
        detail = f"An {HEADER} has 1 to {_LONGEST} printable ASCII characters."
        raise ApiError(HTTPStatus.BAD_REQUEST, detail, _SOURCE)
    return CallerKey(caller.user_id, str(request.endpoint), key)


def fingerprint(key: CallerKey, document: Document, about: int) -> bytes:
    """What makes two requests the same: the row they are about, and the members we know.

    Not how the row was named, nor the order and spelling of the members. Nothing, without a key.
    """
    if key.key is None:
        return b""
    known = [about, document.model_dump(mode="json", by_alias=True)]
    return sha256(json.dumps(known, sort_keys=True).encode()).digest()


def replay(stored: StoredAnswer, body: bytes) -> Response:
    """The answer of the first time; ApiError 422 where the body was another one."""
    if stored.fingerprint != body:
        detail = f"This {HEADER} was used with another request."
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, detail, _SOURCE, "key_reused")
    headers = {"Location": stored.location} | RETRY_AFTER | REPLAYED
    return Response(stored.body, stored.status, headers, content_type=MEDIA_TYPE)


def remember(connection: Connection, key: CallerKey, body: bytes, answer: Response) -> Response:
    """Keep the answer under the key, if one was sent; what is to be answered.

    That is the answer of the first of simultaneous requests.
    """
    if key.key is None:
        return answer
    stored = StoredAnswer(
        body, answer.status_code, answer.headers["Location"], answer.get_data(as_text=True)
    )
    standing = keep_answer(connection, key, stored, runtime.deps().clock())
    return answer if standing is stored else replay(standing, body)
