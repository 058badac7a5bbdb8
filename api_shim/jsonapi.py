"""JSON:API 1.1 on the wire: media type, documents (jsonapi.org/format/1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from flask import Response, json

MEDIA_TYPE: Final = "application/vnd.api+json"


def respond(
    document: dict[str, Any], status: HTTPStatus, headers: Mapping[str, str] | None = None
) -> Response:
    """A response that holds the document."""
    body = json.dumps(document | {"jsonapi": {"version": "1.1"}})
    return Response(body, status, dict(headers or {}), content_type=MEDIA_TYPE)


def instant(at: datetime | None) -> str | None:
    """An instant as RFC 3339 writes it."""
    return at.isoformat() if at else None


def resource(
    kind: str,
    row_id: int,
    attributes: Mapping[str, object],
    *,
    links: Mapping[str, str],
    related: Mapping[str, tuple[str, int]] | None = None,
) -> dict[str, Any]:
    """A resource object; `related` names to-one relationships by (type, id)."""
    document: dict[str, Any] = {
        "type": kind,
        "id": str(row_id),
        "attributes": dict(attributes),
        "links": dict(links),
    }
    if related:
        document["relationships"] = {
            name: {"data": {"type": other, "id": str(other_id)}}
            for name, (other, other_id) in related.items()
        }
    return document
