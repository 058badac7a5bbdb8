"""Refunds in the workshop: a paid charge, a refund of it, what the provider tells of either."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import text

from shared.container import Container
from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.domain.money import Money
from shared.providers.base import PaymentProvider
from shared.repository import refund_intake as intake
from tests.reconciliation.workshop import Workshop
from worker import event_lists

POLL = 310
"""Seconds after which even an event list that was empty is read again."""


@dataclass(frozen=True)
class Way:
    """How money comes in, and the path of the POST by which it goes back."""

    pay: Callable[[Workshop], int]
    op: str
    path: str


def _by_card(workshop: Workshop) -> int:
    charge = workshop.charge_by_stripe()
    workshop.run()
    return charge


def _by_paypal(workshop: Workshop) -> int:
    charge = workshop.charge_by_paypal()
    workshop.run()
    workshop.approve(charge)
    told(workshop)
    return charge


def _by_payment(workshop: Workshop) -> int:
    order = workshop.order(Provider.PAYPAL)
    charge = workshop.charge(order, workshop.approved_payment(order))
    workshop.run()
    return charge


WAYS = {
    "stripe": Way(_by_card, "^POST /v1/refunds$", "/v1/refunds"),
    "paypal": Way(_by_paypal, "^POST /v2/payments/captures/.*/refund$", "/refund"),
    "paypal v1": Way(_by_payment, "^POST /v1/payments/sale/.*/refund$", "/refund"),
}


def paid(workshop: Workshop, way: str) -> int:
    """A charge whose money was captured."""
    charge = WAYS[way].pay(workshop)
    assert workshop.status(charge) == "succeeded"
    return charge


def ask(workshop: Workshop, charge: int, minor: int | None = 500) -> int:
    """Accept a refund, as the shim does; its id."""
    money = None if minor is None else Money(minor, "USD")
    new = intake.NewRefund(uuid.uuid4(), charge, money, "a seat less", "organizer")
    with unit_of_work(workshop.deps.engine) as connection:
        stored = intake.store_refund(connection, new, workshop.clock())
    assert not isinstance(stored, int), f"{stored} is left"
    return stored.id


def told(workshop: Workshop, rounds: int = 3) -> None:
    """Let everything that the providers told arrive, with what it makes due."""
    for _ in range(rounds):
        workshop.advance(seconds=POLL)
        event_lists.read(workshop.deps)
        workshop.run()


def refund(workshop: Workshop, refund_id: int) -> Any:
    """A refund's row, by column names."""
    query = text("SELECT * FROM refunds WHERE id = :id")
    with unit_of_work(workshop.deps.engine) as connection:
        return connection.execute(query, {"id": refund_id}).one()


def statuses(workshop: Workshop, charge: int) -> list[str]:
    """Where the charge's refunds stand, the oldest first."""
    query = "SELECT status FROM refunds WHERE charge_id = :charge ORDER BY id"
    return [row[0] for row in workshop.sql(query, charge=charge)]


def given_back(workshop: Workshop) -> list[int]:
    """What the ledger gave back, one entry a movement; what came back is negative."""
    rows = workshop.control.ledger()
    return [-row["amount_minor"] for row in rows if row["kind"] == "refund"]


def announced(workshop: Workshop, prefix: str) -> list[str]:
    """What the ticketing platform is told, in its order."""
    rows = workshop.sql("SELECT event_type FROM outbound_events ORDER BY id")
    return [kind for (kind,) in rows if kind.startswith(prefix)]


class Died(Exception):
    """The process ended here."""


def die() -> None:
    """End the process."""
    raise Died


@dataclass(frozen=True)
class _Interrupted:
    """A provider or its refunds, where something happens between the answer and its reader."""

    inner: Any
    meanwhile: Callable[[], None]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    @property
    def refunds(self) -> "_Interrupted":
        return _Interrupted(self.inner.refunds, self.meanwhile)

    def perform(self, *call: object) -> object:
        answer: object = self.inner.perform(*call)
        self.meanwhile()
        return answer


def interrupted(workshop: Workshop, charge: int, meanwhile: Callable[[], None]) -> Container:
    """A worker to whom that happens once the provider has answered it."""
    name = Provider(workshop.row(charge).provider)
    provider = _Interrupted(workshop.deps.provider(name), meanwhile)
    return workshop.with_provider(name, cast("PaymentProvider", provider))


def refund_at_the_provider(workshop: Workshop, charge: int, minor: int) -> None:
    """Give money back as a person would at the provider's own pages."""
    row = workshop.row(charge)
    if row.provider == Provider.STRIPE:
        workshop.control.dashboard_refund(row.provider_reference, minor)
        return
    amount = {"amount": f"{minor / 100:.2f}"}
    workshop.control.post(f"/paypal/captures/{row.capture_reference}/refund", amount)


def until_settled(workshop: Workshop) -> None:
    """Let some minutes pass, with what they make due."""
    for _ in range(8):
        workshop.advance(minutes=1)
        workshop.run()


def later(workshop: Workshop) -> datetime:
    """An instant that no test waits for."""
    return workshop.clock() + timedelta(days=1)
