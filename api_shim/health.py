"""The health routes: whether the process lives, whether it can do its work."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api_shim import runtime
from api_shim.door import Routes
from api_shim.schemas.health import Alive, Readiness
from shared.db import unit_of_work
from shared.health.broker import is_broker_there

routes = Routes("health", __name__)


@routes.public_door(
    "GET",
    "/health/live",
    summary="Whether the process answers",
    answers={200: Alive},
    media_type="application/json",
)
def live() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@routes.public_door(
    "GET",
    "/health/ready",
    summary="Whether it can do its work, and what is away",
    answers={200: Readiness, 503: Readiness},
    media_type="application/json",
)
def ready() -> Response:
    """What is away; 503 without a database only: charges are accepted without a broker."""
    database, broker = _is_database_there(), is_broker_there(runtime.deps().settings.broker)
    answer = jsonify(
        status="ok" if database and broker else "degraded" if database else "unavailable",
        database="ok" if database else "away",
        broker="ok" if broker else "away",
    )
    answer.status_code = HTTPStatus.OK if database else HTTPStatus.SERVICE_UNAVAILABLE
    return answer


def _is_database_there() -> bool:
    try:
        with unit_of_work(runtime.deps().engine) as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True
