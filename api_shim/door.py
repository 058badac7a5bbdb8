"""The door: a route's declaration, from which its checks, its documentation, its tests are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Flask, Response
from pydantic import BaseModel

from api_shim import runtime
from api_shim.jsonapi import MEDIA_TYPE
from api_shim.reading import check_accept, read, read_query
from api_shim.schemas.base import Document, Query

Handler = Callable[..., Response]
Answers = Mapping[int, type[BaseModel] | None]

_ALWAYS: Final = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.NOT_ACCEPTABLE,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_WITH_A_BODY: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)


@dataclass(frozen=True, slots=True)
class Door:
    """One route: what it takes, what it may answer (None: an error document, or no body)."""

    endpoint: str
    method: str
    rule: str
    summary: str
    answers: Answers
    request: type[Document] | None = None
    query: type[Query] | None = None
    headers: tuple[str, ...] = ()
    """The request headers that mean something here, besides those of every request."""
    is_public: bool = False
    """Nobody needs a bearer token; what proves the sender is the route's own matter."""
    media_type: str = MEDIA_TYPE


class Routes(Blueprint):
    """A room's routes, each declared as a door."""

    def __init__(self, name: str, import_name: str) -> None:
        super().__init__(name, import_name)
        self.doors: list[Door] = []

    def door(  # noqa: PLR0913 a declaration names what it declares
        self,
        method: str,
        rule: str,
        *,
        summary: str,
        answers: Answers,
        request: type[Document] | None = None,
        query: type[Query] | None = None,
        headers: tuple[str, ...] = (),
    ) -> Callable[[Handler], Handler]:
        """Declare a JSON:API route; its handler gets `caller`, `document`, `query` as declared.

        The order of checks is the contract's: authentication, media types, JSON, schema. Who may
        and what state allows it is the handler's to ask, once it has found the row.
        """

        def declare(handler: Handler) -> Handler:
            taken = _ALWAYS + (_WITH_A_BODY if request else ())
            taken += (HTTPStatus.BAD_REQUEST,) if query or headers else ()
            complete = dict.fromkeys(map(int, taken)) | dict(answers)
            endpoint = f"{self.name}.{handler.__name__}"
            door = Door(endpoint, method, rule, summary, complete, request, query, headers)
            self._open(door, _checked(door, handler), handler.__name__)
            return handler

        return declare

    def public_door(
        self, method: str, rule: str, *, summary: str, answers: Answers, media_type: str
    ) -> Callable[[Handler], Handler]:
        """Declare a route without a bearer token and outside JSON:API."""

        def declare(handler: Handler) -> Handler:
            door = Door(
                f"{self.name}.{handler.__name__}",
                method,
                rule,
                summary,
                answers,
                is_public=True,
                media_type=media_type,
            )
            self._open(door, handler, handler.__name__)
            return handler

        return declare

    def _open(self, door: Door, view: Handler, name: str) -> None:
        self.doors.append(door)
        self.add_url_rule(door.rule, name, view, methods=[door.method])


def doors_of(app: Flask) -> list[Door]:
    """Every door of the application."""
    rooms = [room for room in app.blueprints.values() if isinstance(room, Routes)]
    return [door for room in rooms for door in room.doors]


def _checked(door: Door, handler: Handler) -> Handler:
    @wraps(handler)
    def view(**path: str) -> Response:
        given: dict[str, object] = {"caller": runtime.caller()}
        check_accept()
        if door.query:
            given["query"] = read_query(door.query)
        if door.request:
            given["document"] = read(door.request)
        return handler(**given, **path)

    return view
