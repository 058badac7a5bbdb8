"""The worker's code over a real database and the sandbox, without processes or a broker.

No webhook address is registered: whatever a provider tells is lost, unless somebody looks.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from sqlalchemy import text

from api_shim.charging import fingerprint_of
from local.development_keys import DevelopmentKeys
from sandbox.client import MONEY_IN, SandboxControl
from shared.container import Container, build
from shared.db import unit_of_work
from shared.domain.charge import (
    Instrument,
    PayPalCheckout,
    PayPalPayment,
    Provider,
    StripeToken,
)
from shared.domain.money import Money
from shared.providers.base import PaymentProvider
from shared.repository import dispatch, events, intake, orders
from shared.settings import Settings
from shared.task_names import (
    CHARGE_CANCEL,
    CHARGE_EXECUTE,
    OUTBOUND_EVENT_DELIVER,
    QUEUES,
    REFUND_EXECUTE,
    WEBHOOK_EVENT_HANDLE,
)
from worker import canceling, charging, inbox, outbound, refunding

PRICE = Money(1999, "USD")
HANDLERS: Mapping[str, Callable[[Container, int], object]] = {
    CHARGE_EXECUTE: charging.execute,
    CHARGE_CANCEL: canceling.execute,
    REFUND_EXECUTE: refunding.execute,
    WEBHOOK_EVENT_HANDLE: inbox.handle,
    OUTBOUND_EVENT_DELIVER: outbound.deliver,
}


@dataclass
class Clock:
    """The machine's time, as far ahead as the sandbox's."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass(frozen=True)
class Order:
    """An order that waits to be paid."""

    id: int
    identifier: uuid.UUID
    provider: Provider
    money: Money


class Workshop:
    """A world at Stripe and PayPal, a database, and the hands that carry charges on."""

    def __init__(self, sandbox_url: str, database_url: str, **settings: str) -> None:
        self.keys = DevelopmentKeys()
        self.control = SandboxControl(sandbox_url, self.keys.STRIPE_API_KEY)
        self.control.link(
            self.keys.STRIPE_API_KEY, self.keys.PAYPAL_CLIENT_ID, self.keys.PAYPAL_CLIENT_SECRET
        )
        self.clock = Clock()
        self.authorization: intake.EventAuthorization | None = None
        given = {**self.keys.of_chargehand(), **self.keys.of_providers(), **settings}
        bases = dict.fromkeys(("STRIPE_API_BASE", "PAYPAL_API_BASE"), sandbox_url)
        engines = {"DATABASE_URL": database_url, "REDIS_URL": "redis://nowhere.invalid:1/0"}
        given = {"STRIPE_RATE_LIMIT": "0", **given}
        named = {name.lower(): value for name, value in {**given, **bases, **engines}.items()}
        self.settings = {name: named[name] for name in Settings.model_fields if name in named}
        self.deps = self._wired(Settings.model_validate(self.settings))

    def __enter__(self) -> "Workshop":
        now = self.clock()
        with unit_of_work(self.deps.engine) as connection:
            event = events.Event("concert", "A concert", "USD", True, True, None, ["organizer"])  # noqa: FBT003
            self._event_id, _ = events.store_event(connection, event, now)
        return self

    def __exit__(self, *_: object) -> None:
        self.deps.engine.dispose()
        self.control.close()

    def with_provider(self, name: Provider, provider: PaymentProvider) -> Container:
        """The same container with another adapter in one provider's place."""
        return replace(self.deps, providers={**self.deps.providers, name: provider})

    def order(self, provider: Provider, money: Money = PRICE) -> Order:
        """A new order."""
        identifier, now = uuid.uuid4(), self.clock()
        with unit_of_work(self.deps.engine) as connection:
            order = orders.Order(
                identifier=identifier,
                event_id=self._event_id,
                user_id="buyer",
                amount_minor=money.amount_minor,
                currency=money.currency,
                payment_mode=provider,
                expires_at=None,
            )
            made = orders.store_order(connection, order, now)
        assert made
        return Order(made, identifier, provider, money)

    def charge_by_stripe(self, token: str = "tok_visa", money: Money = PRICE) -> int:
        """Accept a charge of a new order by a test token; its id."""
        return self.charge(self.order(Provider.STRIPE, money), StripeToken(token))

    def charge_by_paypal(self, money: Money = PRICE) -> int:
        """Accept a charge of a new order, whose payer will be sent to PayPal; its id."""
        return self.charge(self.order(Provider.PAYPAL, money))

    def charge(self, order: Order, instrument: Instrument | None = None) -> int:
        """Accept a charge of an order; its id."""
        sealed = self.deps.vault.seal_instrument(instrument) if instrument else None
        with unit_of_work(self.deps.engine) as connection:
            new = intake.NewCharge(
                identifier=uuid.uuid4(),
                order_id=order.id,
                provider=order.provider,
                money=order.money,
                sealed_instrument=sealed,
                fingerprint=fingerprint_of(instrument or PayPalCheckout(), order.id),
                authorization=self.authorization if order.provider is Provider.STRIPE else None,
            )
            accepted = intake.accept_charge(connection, new, self.clock())
        assert accepted.charge_id
        return accepted.charge_id

    def run(self, deps: Container | None = None) -> int:
        """Carry on whatever is due until nothing is; how many messages that took."""
        count = 0
        while due := self.due():
            for task, row_id, _ in due:
                HANDLERS[task](deps or self.deps, row_id)
            count += len(due)
            assert count < 10_000, "it never comes to rest"
        return count

    def advance(self, **span: float) -> None:
        """Let time pass, here and in the sandbox."""
        seconds = timedelta(**span)
        self.control.advance(seconds.total_seconds())
        self.clock.ahead += seconds

    def connect(self) -> str:
        """Let the organizer's own Stripe account be charged from now on; its id."""
        account = self.control.connect_account()
        made = self.sql(
            "INSERT INTO stripe_authorizations (event_id, stripe_user_id, livemode, scope,"
            " authorized_at) SELECT id, :account, false, 'read_write', now() FROM events"
            " RETURNING id",
            account=account,
        )
        self.authorization = intake.EventAuthorization(
            made[0][0], account, livemode=False, is_revoked=False
        )
        return account

    def ask_stripe(self, path: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Call Stripe's API as another program of the merchant's would."""
        answer = requests.post(
            f"{self.deps.settings.stripe_api_base}{path}",
            data=form,
            headers={"Authorization": f"Bearer {self.keys.STRIPE_API_KEY}"},
            timeout=30,
        )
        assert answer.ok, answer.text
        return dict(answer.json())

    def approve(self, charge_id: int, payer: str = "pays") -> None:
        """Let the payer approve at PayPal."""
        self.control.approve_paypal(self.row(charge_id).provider_reference, payer=payer)

    def approved_payment(self, order: Order) -> PayPalPayment:
        """A v1 payment of the order's, as an older client brings it."""
        amount = {"total": order.money.major, "currency": order.money.currency}
        body = {
            "intent": "sale",
            "payer": {"payment_method": "paypal"},
            "redirect_urls": {
                "return_url": "https://s.example/r",
                "cancel_url": "https://s.example",
            },
            "transactions": [{"amount": amount, "custom": str(order.identifier)}],
        }
        answer = requests.post(
            f"{self.deps.settings.paypal_api_base}/v1/payments/payment",
            json=body,
            headers={"Authorization": f"Bearer {self.paypal_token()}"},
            timeout=30,
        )
        payment = str(answer.json()["id"])
        payer = str(self.control.approve_paypal(payment, payer="pays")["payer_id"])
        return PayPalPayment(payment, payer)

    def paypal_token(self) -> str:
        """What a program of the merchant's asks PayPal with."""
        answer = requests.post(
            f"{self.deps.settings.paypal_api_base}/v1/oauth2/token",
            data="grant_type=client_credentials",
            auth=(self.keys.PAYPAL_CLIENT_ID, self.keys.PAYPAL_CLIENT_SECRET),
            timeout=30,
        )
        return str(answer.json()["access_token"])

    def again(self, charge_id: int) -> Order:
        """The order of a charge, to be charged anew."""
        row = self.row(charge_id)
        [[identifier]] = self.sql("SELECT identifier FROM orders WHERE id = :id", id=row.order_id)
        money = Money(row.amount_minor, row.currency)
        return Order(row.order_id, identifier, Provider(row.provider), money)

    def sql(self, query: str, **arguments: object) -> list[tuple[Any, ...]]:
        """Rows of the database."""
        with unit_of_work(self.deps.engine) as connection:
            return [tuple(row) for row in connection.execute(text(query), arguments)]

    def row(self, charge_id: int) -> Any:
        """A charge's row, by column names."""
        query = text("SELECT * FROM charges WHERE id = :id")
        with unit_of_work(self.deps.engine) as connection:
            return connection.execute(query, {"id": charge_id}).one()

    def status(self, charge_id: int) -> str:
        """Where a charge stands."""
        return str(self.row(charge_id).status)

    def evidence(self, charge_id: int) -> dict[str, Any]:
        """What its last move left to read."""
        query = "SELECT evidence FROM transitions WHERE charge_id = :id ORDER BY id DESC LIMIT 1"
        return dict(self.sql(query, id=charge_id)[0][0])

    def captures(self) -> int:
        """How many times money was taken in the sandbox."""
        return sum(row["kind"] in MONEY_IN for row in self.control.ledger())

    def posts(self, path: str) -> int:
        """How many POSTs the sandbox had whose path ends so."""
        lines = self.control.requests()
        return sum(line["method"] == "POST" and line["path"].endswith(path) for line in lines)

    def gets(self, path: str) -> int:
        """How many GETs the sandbox had on that path."""
        return sum(
            line["method"] == "GET" and line["path"] == path for line in self.control.requests()
        )

    def due(self) -> list[dispatch.Due]:
        """What the relay would publish now."""
        now = self.clock()
        with unit_of_work(self.deps.engine) as connection:
            again, most = now + timedelta(seconds=30), dict.fromkeys(QUEUES, 500)
            return dispatch.take_due(connection, now=now, again=again, most=most)

    def _wired(self, settings: Settings) -> Container:
        made = build(settings, name="workshop", clock=self.clock)
        return replace(made, jitter=lambda: 0.5)
