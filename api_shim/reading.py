"""Reading a request: media types, query, JSON, schema."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final, TypeVar

from flask import request
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from api_shim.errors import ApiError, pointer
from api_shim.jsonapi import MEDIA_TYPE
from api_shim.schemas.base import Document, Query

_PARAMETERS: Final = {"profile"}
"""The media type's parameters that may be sent; `ext` names extensions, and none is offered."""

Model = TypeVar("Model", bound=Document)
QueryModel = TypeVar("QueryModel", bound=Query)

LARGEST_BODY: Final = 64 * 1024
"""Bytes of a JSON:API document."""

_RELATED: Final = "/data/relationships/"


def check_accept() -> None:
    """Refuse a client that would not understand the answer (406)."""
    if request.accept_mimetypes and not request.accept_mimetypes[MEDIA_TYPE]:
        raise ApiError(
            HTTPStatus.NOT_ACCEPTABLE, f"Answers are {MEDIA_TYPE}.", source={"header": "Accept"}
        )


def read_body(most: int) -> bytes:
    """The request's raw body; RequestEntityTooLarge where it has more bytes.

    Werkzeug refuses a longer Content-Length, and cuts a body in chunks off without a word: so it is
    let go one byte too far.
    """
    request.max_content_length = most + 1
    body = request.get_data(cache=False)
    if len(body) > most:
        raise RequestEntityTooLarge
    return body


def read(model: type[Model]) -> Model:
    """The request's document; ApiError 415, 400, 409 or 422 where it is none."""
    if request.mimetype != MEDIA_TYPE or set(request.mimetype_params) - _PARAMETERS:
        raise UnsupportedMediaType(f"The request's Content-Type must be {MEDIA_TYPE}.")
    body = read_body(LARGEST_BODY)
    try:
        return model.model_validate_json(body)
    except ValidationError as invalid:
        raise _first_fault(invalid.errors(include_url=False, include_input=False)[0]) from None


def read_query(model: type[QueryModel]) -> QueryModel:
    """The request's query parameters; ApiError 400 that names the one at fault."""
    repeated = [name for name, values in request.args.lists() if len(values) > 1]
    if repeated:
        raise _bad_parameter(repeated[0], "is given more than once")
    try:
        return model.model_validate(request.args.to_dict())
    except ValidationError as invalid:
        fault = invalid.errors(include_url=False, include_input=False)[0]
        raise _bad_parameter(str(fault["loc"][0]), fault["msg"]) from None


def _bad_parameter(name: str, complaint: str) -> ApiError:
    source = {"parameter": name}
    return ApiError(HTTPStatus.BAD_REQUEST, f"{name[:64]}: {complaint}", source)


def _first_fault(fault: ErrorDetails) -> ApiError:
    path = "/" + "/".join(str(part) for part in fault["loc"])
    if fault["type"] == "json_invalid":
        return ApiError(HTTPStatus.BAD_REQUEST, f"The body is no JSON: {fault['msg']}")
    if path.startswith(_RELATED):
        name = path.removeprefix(_RELATED).partition("/")[0]
        detail = f"A valid relationship with {name} resource is required"
        return ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, detail, pointer(_RELATED + name))
    if fault["type"] == "literal_error" and path == "/data/type":
        expected = fault["ctx"]["expected"].replace("'", '"')
        detail = f"Invalid type. Expected {expected}."
        return ApiError(HTTPStatus.CONFLICT, detail, pointer(path))
    detail = fault["msg"].removeprefix("Value error, ")
    return ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, detail, pointer(path.rstrip("/")))
