"""The health routes: whether the process lives, whether it can do its work."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Response, jsonify
from kombu import Connection
from kombu.exceptions import OperationalError as BrokerError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api_shim import runtime
from api_shim.door import Routes
from api_shim.schemas.health import Alive, Readiness
from shared.db import unit_of_work

routes = Routes("health", __name__)

_IMPATIENT: Final = {
    "socket_connect_timeout": 1,
    "socket_timeout": 1,
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}


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
    database, broker = _is_database_there(), _is_broker_there()
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


def _is_broker_there() -> bool:
    url = runtime.deps().settings.broker
    options = _IMPATIENT if url.startswith("redis") else {}
    with Connection(url, connect_timeout=1, transport_options=options) as connection:
        away: tuple[type[BaseException], ...] = (
            OSError,
            BrokerError,
            *connection.connection_errors,
        )
        try:
            connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
        except away:
            return False
    return True
