"""Serving: gunicorns over databases, with orders that can be charged."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, LiteralString

import jwt
import psycopg2
import requests

from benchmarks.charge.ground import Ground
from local.child import Child
from local.development_keys import DevelopmentKeys
from local.folders import PROJECT
from local.ports import LOOPBACK, free_port
from local.processes import read_procfile

OURS: Final = "api_shim.wsgi:app"
_SERVE: Final = "gunicorn {} --config api_shim/gunicorn.conf.py"
UNLIMITED: Final = {
    "WEB_CONCURRENCY": "1",
    "RATE_LIMIT_PER_USER": "100000000/hour",
    "RATE_LIMIT_PER_ADDRESS": "100000000/hour",
    "RATE_LIMIT_OF_WEBHOOKS": "100000000/hour",
    "LOG_LEVEL": "INFO",
}
_EVENT: Final[LiteralString] = """
    INSERT INTO events (identifier, name, currency, can_pay_by_stripe, can_pay_by_paypal,
                        organizer_ids, created_at, updated_at)
    VALUES ('benchmark', 'A concert', 'USD', true, true, '{organizer}', now(), now())
    ON CONFLICT DO NOTHING
"""
_ORDERS: Final[LiteralString] = """
    INSERT INTO orders (identifier, event_id, user_id, amount_minor, currency, payment_mode,
                        status, created_at, updated_at)
    SELECT gen_random_uuid(), (SELECT id FROM events WHERE identifier = 'benchmark'), 'buyer', 1999,
           'USD', 'stripe', 'pending', now(), now()
    FROM generate_series(1, %(count)s) RETURNING id
"""


NO_HEADERS: Final[Mapping[str, str]] = {}


@dataclass(frozen=True)
class Server:
    """A gunicorn over a database."""

    port: int
    database: str
    process: int


@contextmanager
def served(
    ground: Ground, database: str, application: str, settings: Mapping[str, str]
) -> Iterator[Server]:
    """A gunicorn of one process, as ours is configured, that serves that WSGI application."""
    port = free_port()
    environment = ground.environment(database) | UNLIMITED | {"PORT": str(port)} | dict(settings)
    child = ground.child(f"web-{port}", _SERVE.format(application), environment)
    child.start()
    try:
        while child.is_running and not _listens(port):
            time.sleep(0.05)
        if not child.is_running:
            raise RuntimeError(f"{application} ended:\n{child.tail()}")
        yield Server(port, database, child.pid)
    finally:
        child.stop()


@contextmanager
def working(
    ground: Ground, database: str, names: Sequence[str], settings: Mapping[str, str]
) -> Iterator[Mapping[str, Child]]:
    """The Procfile's processes of these names, over the database."""
    environment = ground.environment(database) | dict(settings)
    commands = read_procfile(PROJECT / "Procfile")
    children = {name: ground.child(name, commands[name], environment) for name in names}
    try:
        for child in children.values():
            child.start()
        yield children
    finally:
        for child in children.values():
            child.stop()


def _listens(port: int) -> bool:
    try:
        return bool(requests.get(f"http://{LOOPBACK}:{port}/health/live", timeout=5).status_code)
    except requests.RequestException:
        return False


def execute(database: str, statement: str) -> None:
    """Execute it outside a transaction."""
    with closing(psycopg2.connect(database)) as connection:
        connection.autocommit = True  # VACUUM refuses to run inside a transaction
        with connection.cursor() as cursor:
            cursor.execute(statement)


def place(database: str, count: int) -> list[int]:
    """So many new orders."""
    with closing(psycopg2.connect(database)) as connection, connection, connection.cursor() as rows:
        rows.execute(_EVENT)
        rows.execute(_ORDERS, {"count": count})
        return [row[0] for row in rows.fetchall()]


def select(database: str, query: LiteralString, *given: object) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute(query, given)
        return cursor.fetchall()


def token_for(keys: DevelopmentKeys) -> str:
    """The buyer's token."""
    expires = datetime.now(UTC) + timedelta(hours=3)
    return jwt.encode({"sub": "buyer", "exp": expires}, keys.JWT_SECRET, "HS256")


def charge_request(order: int, token: str, instrument: str) -> bytes:
    """The buyer's request to charge an order."""
    wish = {"data": {"type": "charge", "attributes": {"stripe": instrument}}}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/vnd.api+json"}
    return request(f"/v1/orders/{order}/charge", headers, json.dumps(wish).encode())


def request(path: str, headers: Mapping[str, str] = NO_HEADERS, body: bytes = b"") -> bytes:
    """A POST as it is on the wire."""
    told = {**headers, "Host": LOOPBACK, "Content-Length": str(len(body))}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {told[name]}" for name in told)]
    return "\r\n".join((*lines, "", "")).encode() + body
