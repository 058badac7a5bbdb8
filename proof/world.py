"""The world of one schedule: an order with its charges, a provider, workers, a clock."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, Protocol, cast
from uuid import UUID

from celery import Celery
from kombu.exceptions import OperationalError as BrokerError
from sqlalchemy import Connection, Engine

from proof.provider import ModelProvider
from proof.stage import Actor
from proof.surroundings import SETTINGS, OpenVault, Queue, foundation
from proof.tables import Row
from proof.wire import AT_WORK
from shared.db import unit_of_work
from shared.domain.charge import (
    Instrument,
    OrderStatus,
    PayPalCheckout,
    Provider,
    Status,
    StripeToken,
)
from shared.domain.circuit import Rules
from shared.domain.money import Money
from shared.domain.outcomes import Withdrawn
from shared.repository import called_off, charges, intake, orders, overdue, refund_intake
from shared.repository import inbox as stored
from shared.repository.idempotency import CallerKey
from shared.settlement import Source, settle
from shared.task_names import (
    CHARGE_CANCEL,
    CHARGE_EXECUTE,
    REFUND_EXECUTE,
    WEBHOOK_EVENT_HANDLE,
)
from shared.vault import fingerprint
from shared.windows import Windows
from worker import canceling, charging, inbox, refunding
from worker.dispatch import Publisher, publish_due
from worker.reconciliation import look_up_overdue

DAWN: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRICE: Final = Money(1999, "USD")
ORDER: Final = UUID(int=1)
TASKS: Final = {
    CHARGE_EXECUTE: charging.execute,
    CHARGE_CANCEL: canceling.execute,
    REFUND_EXECUTE: refunding.execute,
    WEBHOOK_EVENT_HANDLE: inbox.handle,
}
"""What a worker runs for a message."""
_REFUNDS: Final = 1_000
"""Identifiers from here on are refunds'."""
_BROKER: Final = Celery("proof", broker="memory://")
_BUYER: Final = CallerKey("buyer", "charge", None)


class Ground(Protocol):
    """What a world stands on: a database, of whichever kind, with the order in it."""

    order_id: int

    def begin(self) -> AbstractContextManager[Connection]:
        """A transaction."""
        ...

    def rows(self, table: str) -> list[Row]:
        """All rows of this world in a table, the oldest first."""
        ...

    def version(self) -> int:
        """Another number after each write, so that nobody need look twice."""
        ...


class World:
    """One order at one provider. Nothing happens here by itself, and nothing by chance."""

    def __init__(
        self, ground: Ground, provider: Provider, rules: Rules = SETTINGS.circuit_rules
    ) -> None:
        self.ground = ground
        self.now = DAWN
        self.provider = ModelProvider(provider, self.clock)
        self.queue = Queue([])
        self.actors: list[Actor] = []
        self._accepted, self._asked = 0, 0
        self.deps = replace(
            foundation(),
            engine=cast("Engine", ground),  # whatever begins transactions
            providers={provider: self.provider},
            vault=OpenVault(),
            windows=Windows(rules),
            clock=self.clock,
            jitter=lambda: 0.5,
        )

    def clock(self) -> datetime:
        """The one clock, of workers and provider alike."""
        return self.now

    def accept(self, instrument: int, *, unseen: bool) -> None:
        """The buyer asks; `unseen` as in a request that looked before another one was stored."""
        with unit_of_work(self.deps.engine) as connection:
            order = intake.OrderKey(self.ground.order_id, None)
            target = intake.lock_target(connection, order, _BUYER, self.now)
            assert target is not None, "every ground holds the order"
            standing = target.standing
            is_open = target.status is OrderStatus.PENDING
            if is_open and (standing is None or (unseen and not self._is_parked(standing.id))):
                intake.accept_charge(connection, self._charge(instrument), self.now)

    def relay(self) -> None:
        """The relay publishes what is due; what the broker refuses is due again."""
        with suppress(BrokerError):
            publish_due(self.deps, _BROKER, cast("Publisher", self.queue), self.now)

    def deliver(self, index: int, *, again: bool) -> None:
        """A worker takes a message; `again` where the broker will deliver it once more."""
        task, row_id = self.queue.messages[index]
        if not again:
            del self.queue.messages[index]
        self._enter(f"{task} {row_id}", partial(TASKS[task], self.deps, row_id))

    def sweep(self) -> None:
        """The sweep looks up what is overdue, and expires the order if nobody pays for it."""
        self._enter("sweep", self._sweep)

    def receive(self, index: int, *, again: bool) -> None:
        """A webhook arrives and is stored; `again` where the provider will send it once more."""
        event = self.provider.ledger.undelivered[index]
        if not again:
            del self.provider.ledger.undelivered[index]
        body = str(event.number).encode()
        told = self.provider.verify({}, body)
        with unit_of_work(self.deps.engine) as connection:
            stored.store_event(connection, self.provider.name, told, body, self.now)

    def ask_for_refund(self, charge_id: int, amount: int | None) -> None:
        """Somebody asks us to give money back; None: all that is left."""
        self._asked += 1
        money = None if amount is None else Money(amount, PRICE.currency)
        new = refund_intake.NewRefund(
            UUID(int=_REFUNDS + self._asked), charge_id, money, None, "organizer"
        )
        with unit_of_work(self.deps.engine) as connection:
            target = refund_intake.lock_refundable(connection, charge_id, None)
            assert target is not None, "the charge is there"
            if target.captured.amount_minor:
                refund_intake.store_refund(connection, new, self.now)

    def call_off(self, charge_id: int) -> None:
        """The buyer calls the charge off, as far as the door lets him."""
        with unit_of_work(self.deps.engine) as connection:
            charge = charges.lock_charge(connection, charge_id)
            if charge.status is Status.ACCEPTED and charge.claim_number == 0:
                settle(connection, self.deps, charge_id, Withdrawn("untried"), Source("shim"))
            elif charge.status in {Status.ACCEPTED, Status.REQUIRES_ACTION}:
                called_off.wish_to_cancel(connection, charge_id, self.now)

    def cancel_order(self) -> None:
        """An operator cancels the order, if no charge may still pay it."""
        with unit_of_work(self.deps.engine) as connection:
            orders.cancel_order(connection, self.ground.order_id, self.now)

    def wait(self, duration: timedelta) -> None:
        """Time passes; what was on the wire for too long never arrives."""
        self.now += duration
        wire = self.provider.wire
        wire[:] = [request for request in wire if self.now - request.sent_at < AT_WORK]

    def _enter(self, name: str, task: Callable[[], object]) -> None:
        actor = Actor(name, task)
        self.actors.append(actor)
        self.resume(actor)

    def resume(self, actor: Actor, word: object = None) -> None:
        """Let a worker go on to where it may next be interrupted."""
        actor.resume(word)
        if actor.is_over:
            self.actors.remove(actor)

    def kill(self, actor: Actor) -> None:
        """A worker dies. What it sent stays on the wire."""
        actor.kill()
        self.actors.remove(actor)

    def abandon(self) -> None:
        """Every worker dies: whoever is left paused keeps its world in memory for ever."""
        while self.actors:
            self.kill(self.actors[0])

    def _sweep(self) -> None:
        look_up_overdue(self.deps)
        with unit_of_work(self.deps.engine) as connection:
            overdue.expire_orders(connection, self.now)

    def _is_parked(self, charge_id: int) -> bool:
        """A parked charge keeps others out by the order's lock alone, not by the one-live index."""
        statuses = {row["id"]: row["status"] for row in self.ground.rows("charges")}
        return bool(statuses[charge_id] == Status.NEEDS_REVIEW)

    def _charge(self, instrument: int) -> intake.NewCharge:
        self._accepted += 1
        is_stripe = self.provider.name is Provider.STRIPE
        gave: Instrument = StripeToken(f"tok_{instrument}") if is_stripe else PayPalCheckout()
        return intake.NewCharge(
            identifier=UUID(int=self._accepted + 1),
            order_id=self.ground.order_id,
            provider=self.provider.name,
            money=PRICE,
            sealed_instrument=self.deps.vault.seal_instrument(gave),
            fingerprint=fingerprint(f"{self.ground.order_id}:{instrument}"),
        )
