"""What a provider holds: its objects, its captures, and the events that it tells of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from shared.domain import outcomes as o
from shared.domain.money import Money
from shared.domain.refund import RefundFact, RefundStatus
from shared.providers.base import JsonObject


class State(StrEnum):
    """Where a provider's object stands."""

    OPEN = "open"  # the payer must act
    APPROVED = "approved"  # the payer agreed, and nothing is captured yet
    PENDING = "pending"  # settles later
    CAPTURED = "captured"
    DECLINED = "declined"
    CANCELED = "canceled"


@dataclass(eq=False)
class GivenBack:
    """A refund, as the provider holds it."""

    reference: str
    capture: str
    money: Money
    status: RefundStatus
    ours: frozenset[str]
    """What it names of ours; nothing where it was made by hand."""

    def fact(self) -> RefundFact:
        """What whoever reads it now is told."""
        return RefundFact(self.reference, self.capture, self.money, self.status, self.ours)


@dataclass(eq=False)
class Thing:
    """A PaymentIntent or a PayPal order."""

    reference: str
    charge: str
    order: str
    money: Money
    state: State
    refunds: list[GivenBack] = field(default_factory=list)
    is_late: bool = False
    """Captured after it had ended without money: by the payer, whatever we do."""

    @property
    def capture(self) -> str:
        """The id of its one capture."""
        return f"cap_{self.reference}"

    @property
    def refunded(self) -> int:
        """How much of it went back."""
        return self._given({RefundStatus.SUCCEEDED})

    @property
    def left(self) -> int:
        """How much of it may still go back."""
        taken = self.money.amount_minor if self.state is State.CAPTURED else 0
        return taken - self._given({RefundStatus.SUCCEEDED, RefundStatus.PENDING})

    @property
    def net(self) -> int:
        """How much of the buyer's money it holds."""
        taken = self.money.amount_minor if self.state is State.CAPTURED else 0
        return taken - self.refunded

    def _given(self, statuses: set[RefundStatus]) -> int:
        return sum(one.money.amount_minor for one in self.refunds if one.status in statuses)

    def outcome(self) -> o.Outcome:
        """What whoever reads it now is told."""
        match self.state:
            case State.OPEN:
                return o.RequiresAction(self.reference, o.NextAction("redirect"))
            case State.APPROVED:
                return o.PayerActed(self.reference)
            case State.PENDING:
                return o.Submitted(self.reference, "settles later", self.capture)
            case State.DECLINED:
                return o.Declined("declined", "No.", o.Refusal.INSTRUMENT, self.reference)
            case State.CANCELED:
                return o.Canceled(self.reference)
            case State.CAPTURED:
                ours = frozenset({self.charge, self.order})
                return o.Approved(self.reference, self.capture, self.money, ours, livemode=False)


@dataclass(frozen=True, slots=True)
class Told:
    """A webhook event, which shows its object as it was."""

    number: int
    thing: Thing
    fact: o.Outcome | RefundFact


class Ledger:
    """All objects of one provider, and its events, in the order in which they happened."""

    def __init__(self) -> None:
        self.things: list[Thing] = []
        self.told: list[Told] = []
        self.undelivered: list[Told] = []
        self.lost: list[Told] = []

    def make(self, body: JsonObject, state: State) -> Thing:
        """A new object for what a call asks for."""
        money = Money(body["amount"], body["currency"])
        number = len(self.things) + 1
        thing = Thing(f"obj_{number}", body["charge"], body["order"], money, State.OPEN)
        self.things.append(thing)
        self.move(thing, state)
        return thing

    def move(self, thing: Thing, state: State) -> None:
        """Let the object stand elsewhere, and tell of it."""
        thing.is_late |= thing.state in {State.DECLINED, State.CANCELED}
        thing.state = state
        self._tell(thing, thing.outcome())

    def refund(
        self, thing: Thing, amount: int, status: RefundStatus, ours: frozenset[str] = frozenset()
    ) -> GivenBack:
        """Give money back, as we ask for, or the merchant at the provider's own dashboard."""
        money = Money(amount, thing.money.currency)
        reference = f"re_{thing.reference}_{len(thing.refunds) + 1}"
        made = GivenBack(reference, thing.capture, money, status, ours)
        thing.refunds.append(made)
        self._tell(thing, made.fact())
        return made

    def move_refund(self, made: GivenBack, status: RefundStatus) -> None:
        """Let a refund stand elsewhere, and tell of it."""
        made.status = status
        thing = next(thing for thing in self.things if made in thing.refunds)
        self._tell(thing, made.fact())

    @property
    def refunds(self) -> list[GivenBack]:
        """All refunds."""
        return [made for thing in self.things for made in thing.refunds]

    def lose(self, index: int) -> None:
        """Never deliver an event."""
        self.lost.append(self.undelivered.pop(index))

    def of(self, reference: str) -> Thing | None:
        """The object of that id."""
        return next((thing for thing in self.things if thing.reference == reference), None)

    def for_charge(self, charge: str) -> list[Thing]:
        """What was made for the charge: what moved money first, then the newest."""
        found = [thing for thing in reversed(self.things) if thing.charge == charge]
        return sorted(found, key=lambda thing: thing.state is not State.CAPTURED)

    def net_captures(self, order: str) -> list[Thing]:
        """What still holds money of the order's buyer."""
        return [thing for thing in self.things if thing.order == order and thing.net > 0]

    def _tell(self, thing: Thing, fact: o.Outcome | RefundFact) -> None:
        event = Told(len(self.told), thing, fact)
        self.told.append(event)
        self.undelivered.append(event)
