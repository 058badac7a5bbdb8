"""The world of one schedule: an order with its charges, a provider, workers, a clock."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Final, Protocol, cast
from uuid import UUID

from celery import Celery
from kombu.exceptions import OperationalError as BrokerError
from sqlalchemy import Connection, Engine

from proof.provider import ModelProvider
from proof.stage import Actor
from proof.tables import Row
from proof.wire import AT_WORK
from shared.container import Container, build
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
from shared.providers.base import PaymentProvider
from shared.repository import dispatch, intake, orders, overdue
from shared.repository import inbox as stored
from shared.repository.idempotency import CallerKey
from shared.settings import Settings
from shared.task_names import CHARGE_EXECUTE
from shared.vault import Vault, fingerprint
from shared.windows import Windows
from worker import charging, inbox
from worker.dispatch import Publisher, publish_due
from worker.reconciliation import look_up_overdue

DAWN: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRICE: Final = Money(1999, "USD")
ORDER: Final = UUID(int=1)
SETTINGS: Final = Settings.model_validate(
    {
        "database_url": "postgresql://nowhere/nothing",
        "redis_url": "redis://nowhere",
        "stripe_rate_limit": 0,
        "jwt_secret": "no secret is needed here at all.",
        "late_money": "review",
        "encryption_keys": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        "circuit_least_calls": 2,  # one order makes few
    }
)
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


class OpenVault(Vault):
    """A vault that hides nothing, since encryption is no part of what is proven here."""

    def __init__(self) -> None:
        super().__init__(["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="])

    def seal_instrument(self, instrument: Instrument) -> bytes:
        """Its token as it is."""
        return instrument.token.encode() if isinstance(instrument, StripeToken) else b""

    def open_instrument(self, sealed: bytes) -> Instrument:
        """What `seal_instrument` was given."""
        return StripeToken(sealed.decode())


@dataclass
class Queue:
    """The broker: messages that wait, or a publisher's errors while it is away."""

    messages: list[tuple[str, int]]
    is_away: bool = False

    def publish(self, due: list[dispatch.Due]) -> None:
        """Take a batch, or refuse it after none, some or all of it arrived."""
        self.messages.extend(sorted((task, row_id) for task, row_id, _ in due))
        if self.is_away:
            raise BrokerError("the broker went away")


@cache
def _foundation() -> Container:
    """What is the same in every world; it connects to nothing."""
    return build(SETTINGS, name="proof")


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
        self._accepted = 0
        self.deps = replace(
            _foundation(),
            engine=cast("Engine", ground),  # whatever begins transactions
            # No schedule lets us refund or call off: what it takes for that is not modelled.
            providers={provider: cast("PaymentProvider", self.provider)},
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
        run = charging.execute if task == CHARGE_EXECUTE else inbox.handle
        self._enter(f"{task} {row_id}", partial(run, self.deps, row_id))

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

    def cancel_order(self) -> None:
        """An operator cancels the order, if no charge may still pay it."""
        with unit_of_work(self.deps.engine) as connection:
            orders.cancel_order(connection, self.ground.order_id, self.now)

    def wait(self, duration: timedelta) -> None:
        """Time passes; what was on the wire for too long never arrives."""
        self.now += duration
        wire = self.provider.wire
        wire[:] = [request for request in wire if self.now - request.sent_at < AT_WORK]

    def _enter(self, name: str, task: Callable[[], None]) -> None:
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
