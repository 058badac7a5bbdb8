"""The shim and the worker's hands in this process, over a database and a world in the sandbox."""

import hashlib
import hmac
import json
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from sandbox.client import ControlError, SandboxControl
from shared.db import unit_of_work
from shared.repository import dispatch
from shared.task_names import QUEUES
from tests.api.factories import Json, authorization_document
from tests.api.platform import BUYER, Platform, data_of, make_platform
from tests.reconciliation.workshop import HANDLERS

ORGANIZER = {"sub": "organizer"}
COLLECTION = "/v1/stripe-authorization"


@dataclass
class Stage:
    """A platform whose organizers' accounts are in the sandbox."""

    platform: Platform
    control: SandboxControl

    def authorize(self, event: str, account: str | None = None) -> TestResponse:
        """Connect an organizer's account, a new one where none is named."""
        code = self.control.authorization_code(account)["code"]
        return self.post(authorization_document(event, code))

    def post(self, document: object, as_: Mapping[str, str] | None = ORGANIZER) -> TestResponse:
        """Ask for an authorization."""
        return self.platform.ask("POST", COLLECTION, document, as_=as_)

    def change(
        self, key: str, *, as_: Mapping[str, str] = ORGANIZER, event: str = "", **attributes: str
    ) -> TestResponse:
        """Ask for an authorization to be changed."""
        named = {name.replace("_", "-"): value for name, value in attributes.items()}
        data: Json = {"type": "stripe-authorization", "id": key, "attributes": named}
        if event:
            data["relationships"] = {"event": {"data": {"type": "event", "id": event}}}
        return self.platform.ask("PATCH", f"{COLLECTION}/{key}", {"data": data}, as_=as_)

    def renew(self, key: str, account: str | None = None) -> TestResponse:
        """Connect the account of an authorization again, or another one."""
        return self.change(key, stripe_auth_code=self.control.authorization_code(account)["code"])

    def delete(self, key: str, as_: Mapping[str, str] = ORGANIZER) -> TestResponse:
        """Ask for an authorization to go."""
        return self.platform.ask("DELETE", f"{COLLECTION}/{key}", as_=as_)

    def authorized(
        self, account: str | None = None, organizers: Sequence[str] = ("organizer",)
    ) -> tuple[str, str, str]:
        """A new event with an authorization: its identifier, the authorization's key, account."""
        identifier = self.platform.event(**{"organizer-ids": list(organizers)})
        answer = self.authorize(identifier, account)
        assert answer.status_code == 201, answer.text
        told = data_of(answer)
        return identifier, str(told["id"]), str(told["attributes"]["stripe-user-id"])

    def authorizations_of(self, event: str) -> int:
        """How many authorizations an event has."""
        rows = self.platform.sql(
            "SELECT a.id FROM stripe_authorizations a JOIN events e ON e.id = a.event_id"
            " WHERE e.identifier = :event",
            event=event,
        )
        return len(rows)

    def is_connected(self, account: str) -> bool:
        """Whether the organizer still had somebody to leave; afterwards there is nobody."""
        try:
            self.control.leave_platform(account)
        except ControlError:
            return False
        return True

    def asked(self, path: str) -> int:
        """How often Stripe was called at that path."""
        return sum(line["path"] == path for line in self.control.requests())

    def charged(self, event: str, token: str = "tok_visa") -> str:
        """A new order of the event's is to be charged; the charge's path."""
        return self.platform.charged(self.platform.order(event=event), stripe=token)

    def attributes(self, path: str) -> Json:
        """A charge's attributes as its buyer sees them."""
        return dict(data_of(self.platform.ask("GET", path, as_=BUYER))["attributes"])

    def status(self, path: str) -> str:
        """A charge's status."""
        return str(self.attributes(path)["status"])

    def row(self, path: str) -> Any:
        """A charge's row."""
        key = int(path.rsplit("/", 1)[1])
        (row,) = self.platform.sql("SELECT * FROM charges WHERE id = :id", id=key)
        return row

    def charged_on(self, path: str) -> str | None:
        """On whose account a charge took money; KeyError where it took none."""
        (row,) = self.platform.sql(
            "SELECT identifier FROM orders WHERE id = :id", id=self.row(path).order_id
        )
        return self.accounts_charged()[str(row.identifier)]

    def run(self) -> int:
        """Carry on whatever is due until nothing is; how many messages that took."""
        count = 0
        while due := self.due():
            for task, row_id, _ in due:
                HANDLERS[task](self.platform.deps, row_id)
            count += len(due)
        return count

    def accounts_charged(self) -> dict[str, str | None]:
        """On whose account money was taken, by order."""
        taken = [row for row in self.control.ledger() if row["kind"] == "charge"]
        assert len({row["metadata"]["order"] for row in taken}) == len(taken), "taken twice"
        return {row["metadata"]["order"]: row["account"] for row in taken}

    def deliver(self, event: Mapping[str, Any], secret: str = "") -> TestResponse:
        """Send an event to the Connect endpoint, signed by hand."""
        body = json.dumps(event).encode()
        return self.platform.app.test_client().post(
            "/webhooks/stripe/connect", data=body, headers=self.signed(body, secret)
        )

    def signed(self, body: bytes, secret: str = "") -> dict[str, str]:
        """The signature of a body, by the Connect endpoint's secret unless another is given."""
        ours = self.platform.deps.settings.stripe_connect_webhook_secrets[0].get_secret_value()
        at = int(time.time())
        mark = hmac.new((secret or ours).encode(), f"{at}.".encode() + body, hashlib.sha256)
        return {"Stripe-Signature": f"t={at},v1={mark.hexdigest()}"}

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Let the sandbox deliver webhooks, to the platform's endpoint and to Connect's."""
        settings = self.platform.deps.settings
        secrets = (settings.stripe_webhook_secrets, settings.stripe_connect_webhook_secrets)
        server = make_server("127.0.0.1", 0, self.platform.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        for path, is_connect, (secret, *_) in zip(
            ("", "/connect"), (False, True), secrets, strict=True
        ):
            url = f"http://127.0.0.1:{server.server_port}/webhooks/stripe{path}"
            self.control.stripe_webhook_endpoint(url, secret.get_secret_value(), connect=is_connect)
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def hear(self, event_type: str) -> None:
        """Wait until all that was told is delivered, such an event among it; then handle it."""

        def is_told(control: SandboxControl) -> bool:
            deliveries = control.deliveries()
            types = {delivery["type"] for delivery in deliveries}
            states = {delivery["state"] for delivery in deliveries}
            return event_type in types and "pending" not in states

        self.control.wait_for(is_told)
        self.run()

    def due(self) -> list[dispatch.Due]:
        """Take what is due to be told to the workers."""
        now = self.platform.deps.clock()
        with unit_of_work(self.platform.deps.engine) as connection:
            again, most = now + timedelta(seconds=30), dict.fromkeys(QUEUES, 500)
            return dispatch.take_due(connection, now=now, again=again, most=most)


def make_stage(sandbox_url: str, database_url: str, redis: str, **settings: Any) -> Stage:
    """A stage whose keys open a world of its own."""
    bases: Json = dict.fromkeys(("stripe_api_base", "stripe_connect_base"), sandbox_url)
    platform = make_platform(database_url, redis, **bases | settings)
    key = platform.deps.settings.stripe_api_key.get_secret_value()
    return Stage(platform, SandboxControl(sandbox_url, key))


def connect_event(kind: str, account: str, thing: Mapping[str, Any], **changes: Any) -> Json:
    """An event of a connected account."""
    event: Json = {
        "id": f"evt_{uuid.uuid4().hex}",
        "object": "event",
        "type": kind,
        "account": account,
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": dict(thing)},
    }
    return event | changes
