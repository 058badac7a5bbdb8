"""The shim in this process over a real database, with those who call it."""

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from flask import Flask
from sqlalchemy import text
from sqlalchemy.event import listen, remove
from werkzeug.test import TestResponse

from api_shim.app import create_app
from local.development_keys import DevelopmentKeys
from sandbox.client import SandboxControl
from shared.container import Container, build
from shared.db import unit_of_work
from shared.settings import Settings
from tests.api.factories import (
    Json,
    charge_document,
    endpoint_document,
    event_document,
    order_document,
    refund_document,
)

NOWHERE = "http://127.0.0.1:1"
JSON_API = "application/vnd.api+json"
PLATFORM = {"sub": "platform", "scope": "orders:write"}
ADMIN = {"sub": "root", "scope": "admin"}
UNLIMITED = {
    "rate_limit_per_user": "1000000/hour",
    "rate_limit_per_address": "1000000/hour",
    "rate_limit_of_webhooks": "1000000/hour",
    "stripe_rate_limit": 0,
}
"""Tests ask without a pause, as one buyer, from one address."""


@dataclass
class Platform:
    """An application with its container; every request is a caller's."""

    app: Flask
    deps: Container
    secret: str

    def ask(
        self,
        method: str,
        path: str,
        document: object = None,
        *,
        as_: Mapping[str, Any] | None = None,
        **headers: str,
    ) -> TestResponse:
        """Send a request; `as_` are the claims of the caller's token, None: without one."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if as_ is not None:
            sent.setdefault("Authorization", f"Bearer {self.token(as_)}")
        body = document if isinstance(document, bytes | None) else json.dumps(document).encode()
        if body is not None:
            sent.setdefault("Content-Type", JSON_API)
        client = self.app.test_client()
        return client.open(path, method=method, data=body, headers=sent, buffered=True)

    def token(self, claims: Mapping[str, Any]) -> str:
        """A token of the caller's."""
        expires = datetime.now(UTC) + timedelta(hours=1)
        return jwt.encode({"exp": expires, **claims}, self.secret, "HS256")

    def sql(self, statement: str, **values: object) -> list[Any]:
        """Rows of the database; what is written is committed."""
        with unit_of_work(self.deps.engine) as connection:
            result = connection.execute(text(statement), values)
            return list(result) if result.returns_rows else []

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """The statements that the application sends within the block."""
        seen: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            seen.append(statement)

        listen(self.deps.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            remove(self.deps.engine, "before_cursor_execute", note)

    def event(self, **attributes: Any) -> str:
        """A new event, by its identifier."""
        answer = self.ask("POST", "/v1/events", event_document(**attributes), as_=PLATFORM)
        assert answer.status_code == 201, answer.text
        return str(data_of(answer)["attributes"]["identifier"])

    def order(self, *, event: str | None = None, **attributes: Any) -> str:
        """A new order of the buyer's, by its identifier."""
        document = order_document(event or self.event(), **attributes)
        answer = self.ask("POST", "/v1/orders", document, as_=PLATFORM)
        assert answer.status_code == 201, answer.text
        return str(data_of(answer)["attributes"]["identifier"])

    def charge(
        self, order: str, *, as_: Mapping[str, Any] | None = None, **attributes: Any
    ) -> TestResponse:
        """Ask for the order to be charged, as its buyer."""
        attributes = attributes or {"stripe": "tok_visa"}
        document = charge_document(**attributes)
        return self.ask("POST", f"/v1/orders/{order}/charge", document, as_=as_ or BUYER)

    def charged(self, order: str | None = None, **attributes: Any) -> str:
        """A live charge's path."""
        answer = self.charge(order or self.order(), **attributes)
        assert answer.status_code == 202, answer.text
        return str(answer.headers["Location"])

    def endpoint(self, **attributes: Any) -> str:
        """A new webhook endpoint, by its key."""
        self.sql("UPDATE outbound_endpoints SET status = 'deleted', disabled_reason = NULL")
        answer = self.ask(
            "POST", "/v1/webhook-endpoints", endpoint_document(**attributes), as_=PLATFORM
        )
        assert answer.status_code == 201, answer.text
        return str(data_of(answer)["id"])

    def paid(self, order: str | None = None, **attributes: Any) -> str:
        """A charge's path whose money was captured, as a worker would have left it."""
        path = self.charged(order, **attributes)
        self.sql(
            "UPDATE charges SET status = 'succeeded', amount_captured_minor = amount_minor,"
            " provider_reference = 'pi_' || id, capture_reference = 'ch_' || id,"
            " instrument = NULL, dispatch_at = NULL, next_attempt_at = NULL WHERE id = :id",
            id=int(path.rsplit("/", 1)[1]),
        )
        return path

    def refund(
        self, charge: str, *, as_: Mapping[str, Any] | None = None, **attributes: Any
    ) -> TestResponse:
        """Ask for a refund of the charge at that path, as its event's organizer."""
        document = refund_document(**attributes)
        return self.ask("POST", f"{charge}/refunds", document, as_=as_ or ORGANIZER)

    def refunded(self, charge: str, **attributes: Any) -> str:
        """A new refund's path."""
        answer = self.refund(charge, **attributes)
        assert answer.status_code == 202, answer.text
        return str(answer.headers["Location"])

    def authorization(self, event: str, account: str | None = None) -> str:
        """An event's authorization as if it had been made before, by its key."""
        ((key,),) = self.sql(
            "INSERT INTO stripe_authorizations (event_id, stripe_user_id, publishable_key,"
            " access_token, livemode, scope, authorized_at)"
            " SELECT id, :account, 'pk_test_1', '', false, 'read_write', now() FROM events"
            " WHERE identifier = :event RETURNING id",
            event=event,
            account=account or f"acct_{uuid.uuid4().hex[:16]}",
        )
        return str(key)

    def authorization_code(self) -> str:
        """What Stripe gives an organizer who agrees to Connect."""
        settings = self.deps.settings
        key = settings.stripe_api_key.get_secret_value()
        with SandboxControl(settings.stripe_connect_base, key) as control:
            return str(control.authorization_code()["code"])


BUYER = {"sub": "buyer"}
ORGANIZER = {"sub": "organizer"}


def document_of(answer: TestResponse) -> Json:
    """An answer's document."""
    assert answer.content_type == JSON_API, answer.text
    return dict(json.loads(answer.text))


def data_of(answer: TestResponse) -> Json:
    """The primary data of an answer about one resource."""
    return dict(document_of(answer)["data"])


def error_of(answer: TestResponse) -> Json:
    """The one error of an answer."""
    (error,) = document_of(answer)["errors"]
    return dict(error)


def make_platform(
    database_url: str, redis_url: str, *, providers: bool = True, **settings: object
) -> Platform:
    """An application of its own; the providers are configured, and never reached."""
    keys = DevelopmentKeys()
    theirs = keys.of_providers() if providers else {}
    given = {
        "database_url": database_url,
        "redis_url": redis_url,
        "jwt_secret": keys.JWT_SECRET,
        "encryption_keys": keys.ENCRYPTION_KEYS,
        "outbound_allowed_networks": "127.0.0.0/8",
        "stripe_connect_base": NOWHERE,
        **UNLIMITED,
        **{name.lower(): value for name, value in theirs.items()},
    }
    deps = build(Settings.model_validate(given | settings), name="test")
    return Platform(create_app(deps), deps, keys.JWT_SECRET)
