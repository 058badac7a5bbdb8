"""The OpenAPI 3.1 document, made from the doors and the schemas that validate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from api_shim.door import Door
from api_shim.schemas.errors import ErrorDocument

Json = dict[str, Any]

_REF: Final = "#/components/schemas/{model}"
_TOKEN: Final = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "`sub` is the user; `scope` names scopes: charges:write, orders:write,"
    " refunds:write, admin.",
}
_HEADERS: Final[dict[str, Json]] = {
    "Idempotency-Key": {
        "description": "The same request under the same key gets the same answer, for 30 days.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[ -~]+$"},
    },
    "If-None-Match": {
        "description": "The ETag of what is known already.",
        "schema": {"type": "string"},
    },
}
_TOLD: Final[dict[int, tuple[str, ...]]] = {
    HTTPStatus.CREATED: ("Location",),
    HTTPStatus.ACCEPTED: ("Location", "Retry-After"),
    HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate",),
    HTTPStatus.TOO_MANY_REQUESTS: ("Retry-After",),
    HTTPStatus.SERVICE_UNAVAILABLE: ("Retry-After",),
}
"""The headers that a status brings."""
_CACHED: Final = frozenset({HTTPStatus.OK, HTTPStatus.NOT_MODIFIED})


def document(doors: Iterable[Door]) -> Json:
    """Describe every door."""
    doors = sorted(doors, key=lambda door: (door.rule, door.method))
    schemas, names = _schemas(doors)
    paths: dict[str, Json] = {}
    for door in doors:
        paths.setdefault(_path(door), {})[door.method.lower()] = _operation(door, names)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Chargehand",
            "version": "1",
            "description": "Charges ticket orders at Stripe and PayPal, once.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"token": _TOKEN}},
    }


Name = tuple[type[BaseModel], JsonSchemaMode]


def _schemas(doors: Iterable[Door]) -> tuple[Json, dict[Name, Json]]:
    wanted = list(dict.fromkeys(_models(doors)))
    names, definitions = models_json_schema(wanted, by_alias=True, ref_template=_REF)
    return definitions.get("$defs", {}), {name: names[name] for name in wanted}


def _models(doors: Iterable[Door]) -> Iterator[Name]:
    yield ErrorDocument, "serialization"
    for door in doors:
        if door.request:
            yield door.request, "validation"
        if door.query:
            yield door.query, "validation"
        yield from ((model, "serialization") for model in door.answers.values() if model)


def _path(door: Door) -> str:
    return re.sub(r"<(\w+)>", r"{\1}", door.rule)


def _operation(door: Door, names: dict[Name, Json]) -> Json:
    described: Json = {
        "operationId": door.endpoint,
        "summary": door.summary,
        "tags": [door.endpoint.partition(".")[0]],
        "parameters": list(_parameters(door)),
        "responses": {
            str(status): _response(door, status, names) for status in sorted(door.answers)
        },
        "security": [] if door.is_public else [{"token": []}],
    }
    if door.request:
        schema = names[door.request, "validation"]
        content = {door.media_type: {"schema": schema}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _parameters(door: Door) -> Iterator[Json]:
    for name in re.findall(r"<(\w+)>", door.rule):
        schema = {"type": "string", "minLength": 1}
        yield {"name": name, "in": "path", "required": True, "schema": schema}
    if door.query:
        for name, schema in door.query.model_json_schema(by_alias=True)["properties"].items():
            yield {"name": name, "in": "query", "required": False, "schema": _given(schema)}
    for name in door.headers:
        yield {"name": name, "in": "header", "required": False, **_HEADERS[name]}


def _given(schema: Json) -> Json:
    """A query parameter is there or not: it is never null."""
    kinds = [kind for kind in schema.get("anyOf", [schema]) if kind != {"type": "null"}]
    return {name: value for name, value in kinds[0].items() if name != "title"}


def _response(door: Door, status: int, names: dict[Name, Json]) -> Json:
    response: Json = {"description": HTTPStatus(status).phrase}
    model, is_error = door.answers[status], status >= HTTPStatus.BAD_REQUEST
    if model or is_error:
        media_type = door.media_type if model else "application/vnd.api+json"
        schema = names[model or ErrorDocument, "serialization"]
        response["content"] = {media_type: {"schema": schema}}
    told = dict.fromkeys(("X-Request-Id", *_TOLD.get(status, ())), True)
    if "If-None-Match" in door.headers and status in _CACHED:
        told["ETag"] = True
    if "Idempotency-Key" in door.headers and status == HTTPStatus.ACCEPTED:
        told["Idempotent-Replayed"] = False
    response["headers"] = {
        name: {"required": always, "schema": {"type": "string"}} for name, always in told.items()
    }
    return response
