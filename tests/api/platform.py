"""The shim in this process over a real database, with those who call it."""

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from flask import Flask
from sqlalchemy import text
from sqlalchemy.event import listen, remove
from werkzeug.test import TestResponse

from api_shim.app import create_app
from local.development_keys import DevelopmentKeys
from shared.container import Container, build
from shared.db import unit_of_work
from shared.settings import Settings

NOWHERE = "http://127.0.0.1:1"
JSON_API = "application/vnd.api+json"
PLATFORM = {"sub": "platform", "scope": "orders:write"}
ADMIN = {"sub": "root", "scope": "admin"}

Json = dict[str, Any]


@dataclass
class Platform:
    """An application with its container; every request is a caller's."""

    app: Flask
    deps: Container
    secret: str
    answers: list[TestResponse] = field(default_factory=list)

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
        answer = self.app.test_client().open(path, method=method, data=body, headers=sent)
        self.answers.append(answer)
        return answer

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
        identifier = f"event-{uuid.uuid4().hex[:12]}"
        told = {
            "identifier": identifier,
            "name": "A concert",
            "currency": "USD",
            "can-pay-by-stripe": True,
            "can-pay-by-paypal": True,
            "organizer-ids": ["organizer"],
        }
        document = {"data": {"type": "event", "attributes": told | attributes}}
        answer = self.ask("POST", "/v1/events", document, as_=PLATFORM)
        assert answer.status_code == 201, answer.text
        return identifier

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


BUYER = {"sub": "buyer"}


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


def charge_document(**attributes: Any) -> Json:
    """A charge request."""
    told = {name.replace("_", "-"): value for name, value in attributes.items()}
    return {"data": {"type": "charge", "attributes": told}}


def authorization_document(event: str, code: str = "ac_1") -> Json:
    """A new Stripe authorization."""
    related = {"event": {"data": {"type": "event", "id": event}}}
    attributes = {"stripe-auth-code": code}
    data = {"type": "stripe-authorization", "attributes": attributes, "relationships": related}
    return {"data": data}


def order_document(event: str, **attributes: Any) -> Json:
    """An order of the buyer's."""
    told = {
        "identifier": str(uuid.uuid4()),
        "user-id": "buyer",
        "amount": "19.99",
        "currency": "USD",
        "payment-mode": "stripe",
    } | {name.replace("_", "-"): value for name, value in attributes.items()}
    related = {"event": {"data": {"type": "event", "id": event}}}
    return {"data": {"type": "order", "attributes": told, "relationships": related}}


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
        "stripe_connect_base": NOWHERE,
        **{name.lower(): value for name, value in theirs.items()},
    }
    deps = build(Settings.model_validate(given | settings), name="test")
    return Platform(create_app(deps), deps, keys.JWT_SECRET)
