"""Errors as JSON:API documents (jsonapi.org/format/1.1, Error Objects)."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, g
from gunicorn.http.errors import ParseException
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from werkzeug.exceptions import HTTPException

from api_shim import jsonapi

log = structlog.get_logger()


@dataclass(eq=False)  # not frozen: Python writes the traceback into an exception
class ApiError(Exception):
    """An answer that is no success: what the client is told, and where it went wrong.

    `source` has one of `pointer`, `parameter`, `header`; `links` may name what is in the way.
    """

    status: HTTPStatus
    detail: str
    source: dict[str, str] = field(default_factory=dict)
    code: str = ""
    links: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


def pointer(path: str) -> dict[str, str]:
    """A source within the request's document."""
    return {"pointer": path}


def install(app: Flask) -> None:
    """Answer every error of the application in the one format."""
    app.register_error_handler(Exception, lambda error: answer(refusal(error)))


def refusal(error: Exception) -> ApiError:
    """What a client is told of an error, whatever the form; what is our own fault is logged."""
    match error:
        case ApiError():
            return error
        case HTTPException():
            return _of_http(error)
        case OperationalError() | PoolExhausted():
            return _database_away(error)
        case ParseException():  # a body in chunks that are none shows only when a route reads it
            return ApiError(HTTPStatus.BAD_REQUEST, f"The body cannot be read: {error}.")
        case _:
            log.error("request.failed", exc_info=error)
            return ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on our side.")


def _of_http(error: HTTPException) -> ApiError:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    kept = {
        name: value
        for name, value in error.get_headers()
        if name not in {"Content-Type", "Content-Length"}
    }
    return ApiError(status, error.description or status.phrase, headers=kept)


def _database_away(error: DBAPIError | PoolExhausted) -> ApiError:
    log.error("database.away", reason=type(error).__name__)
    return ApiError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The database cannot be reached; nothing was changed. Try again.",
        code="database_unavailable",
        headers={"Retry-After": "2"},
    )


def answer(error: ApiError) -> Response:
    """The error as the client is told it."""
    document = document_of(error, g.get("request_id", ""))
    return jsonapi.respond(document, error.status, error.headers)


def document_of(error: ApiError, request_id: str) -> dict[str, Any]:
    """The error as a document."""
    told: dict[str, Any] = {
        "id": request_id,
        "status": str(int(error.status)),
        "code": error.code or error.status.name.lower(),
        "title": error.status.phrase,
        "detail": error.detail,
    }
    told |= {"source": error.source} if error.source else {}
    told |= {"links": error.links} if error.links else {}
    return {"errors": [told]}
