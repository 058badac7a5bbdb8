"""The model provider: what a provider does with keys, requests and reads, told by a schedule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from threading import Lock
from typing import Final, cast

from proof.ledger import Ledger, State, Thing, Told
from proof.refunding import SETTLING, STORED, ModelRefunds
from proof.stage import pause
from proof.wire import UNDONE, Answer, Request, Verdict, Word
from shared.domain import outcomes as o
from shared.domain.charge import Instrument, Operation, PayPalCheckout, Provider
from shared.providers.base import (
    ChargeRequest,
    EventPage,
    FrozenCall,
    MovementPage,
    ProviderEvent,
    Translation,
    Unread,
)

LIVES: Final[dict[Operation | None, timedelta]] = {
    None: timedelta(hours=24),
    Operation.STRIPE_REFUND: timedelta(hours=24),
    Operation.PAYPAL_CAPTURE_REFUND: timedelta(days=45),
    Operation.STRIPE_PAYMENT: timedelta(hours=24),
    Operation.PAYPAL_ORDER_CREATE: timedelta(hours=6),
    Operation.PAYPAL_ORDER_CAPTURE: timedelta(hours=6),
}
"""After how long this provider forgets a key: what the policy's own table must not exceed."""

_UNREAD: Final = o.Indeterminate("could not read", is_ailing=True)
_LOST: Final = o.Indeterminate("no answer", is_ailing=True)
_STORES: Final = {Verdict.STORED_AFTER, *UNDONE}
_STATES: Final = {
    Verdict.CAPTURED: State.CAPTURED,
    Verdict.DECLINED: State.DECLINED,
    Verdict.ACTION: State.OPEN,
    Verdict.PENDING: State.PENDING,
    Verdict.STORED_AFTER: State.CAPTURED,
}
_NOT_DONE: Final[dict[Verdict, o.Outcome]] = {
    Verdict.THROTTLED: o.NotSent("429", timedelta(seconds=5)),
    Verdict.BUSY: o.Indeterminate("409", retry_after=timedelta(seconds=2)),
    Verdict.REFUSED: o.Misconfigured("401"),
    Verdict.BROKEN: o.Indeterminate("503", is_ailing=True),
}


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored under a key, since when."""

    answer: Answer
    since: datetime


class ModelProvider:
    """A provider behind the port `PaymentProvider`; what it does next, the stage's director says.

    As Stripe it makes an object by each new key. As PayPal it makes an order first, which it
    captures once, under whatever key.
    """

    def __init__(self, name: Provider, clock: Callable[[], datetime]) -> None:
        self.name = name
        self.ledger = Ledger()
        self.wire: list[Request] = []
        self.posts: list[tuple[str, datetime]] = []
        """Every key that left, and when."""
        self.kept: dict[str, Kept] = {}
        self.weather: Verdict | None = None
        """What it answers everything, for a time."""
        self._clock = clock
        self._turnstile = Lock()
        self.refunds = ModelRefunds(name, self.ledger, self._send, self._told, clock)

    def freeze(self, request: ChargeRequest) -> FrozenCall:
        """Fix the call."""
        body = {
            "charge": str(request.charge),
            "order": str(request.order),
            "amount": request.money.amount_minor,
            "currency": request.money.currency,
            "reference": request.provider_reference,
        }
        if self.name is Provider.STRIPE:
            return FrozenCall(Operation.STRIPE_PAYMENT, body)
        is_new = isinstance(request.instrument, PayPalCheckout) and not request.provider_reference
        operation = Operation.PAYPAL_ORDER_CREATE if is_new else Operation.PAYPAL_ORDER_CAPTURE
        return FrozenCall(operation, body)

    def perform(self, call: FrozenCall, instrument: Instrument, key: str) -> o.Outcome:
        """Send the call."""
        del instrument
        return cast("o.Outcome", self._send(call.operation, key, partial(self._carry_out, call)))

    def cancel(self, reference: str, account: str | None, key: str) -> o.Outcome:
        """Call off what the payer has not done: at PayPal by never capturing it."""
        del account
        if self.name is Provider.STRIPE:
            return cast("o.Outcome", self._send(None, key, partial(self._call_off, reference)))
        thing = self.ledger.of(reference)
        assert thing is not None, "called off by an id that was never given"
        is_ours_to_make = thing.state in {State.OPEN, State.APPROVED}
        return cast(
            "o.Outcome", self._told(o.Canceled(reference) if is_ours_to_make else thing.outcome())
        )

    def _send(
        self, operation: Operation | None, key: str, effect: Callable[[Verdict], Answer]
    ) -> Answer:
        """Send; whether and when it arrives, and who hears of it, is not ours to say."""
        request = Request(operation, key, self._clock(), effect)
        if operation is not None:
            self.posts.append((key, request.sent_at))
        self.wire.append(request)
        match pause("asking", request):
            case None:
                return self._answer(request)
            case Word.UNSENT if request in self.wire:
                self.wire.remove(request)
                return o.NotSent("connection refused", is_ailing=True)
            case Word.TOLD if request.answer is not None:
                return request.answer
            case _:
                return _LOST

    def find(
        self, call: FrozenCall, instrument: Instrument, key: str, started_at: datetime
    ) -> o.Outcome:
        """Look for the call's effect, consistently."""
        del instrument, key
        return cast("o.Outcome", self._told(self._look(call, started_at)))

    def fetch(self, reference: str, account: str | None) -> o.Outcome:
        """Read one object; by the time somebody acts on it, it may stand elsewhere."""
        del account
        thing = self.ledger.of(reference)
        found = thing.outcome() if thing else o.Canceled(reference)
        return cast("o.Outcome", self._told(found))

    def _told(self, found: Answer) -> Answer:
        if pause("reading", found) not in {None, Word.TOLD}:
            return _UNREAD
        return found if self.weather is None else _NOT_DONE[self.weather]

    def verify(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
        """Take the event as genuine: forgeries are another test's matter."""
        del headers
        return ProviderEvent(body.decode(), "event", None, livemode=False, created_at=self._clock())

    def translate(self, body: bytes, account: str | None) -> Translation:
        """Read the event as it was told."""
        del account
        event: Told = self.ledger.told[int(body)]
        thing = event.thing
        references = frozenset({thing.reference, thing.capture})
        return Translation(event.fact, references, frozenset({thing.charge, thing.order}))

    def list_events(
        self, account: str | None, since: datetime, page: str | None
    ) -> EventPage | Unread:
        """Nothing: here the ledger's events are told one by one."""
        del account, since, page
        return _UNREAD

    def list_movements(
        self, account: str | None, day: date, page: str | None
    ) -> MovementPage | Unread:
        """Nothing, for the same reason."""
        del account, day, page
        return _UNREAD

    def webhook_endpoints(self, *, of_accounts: bool) -> Unread:
        """Nothing, for the same reason."""
        del of_accounts
        return _UNREAD

    def _answer(self, request: Request) -> Answer:
        """Answer at once: off stage nobody directs, and threads ask at the same time."""
        with self._turnstile:
            self.arrive(request, Verdict.CAPTURED)
        assert request.answer is not None, "it arrived"
        return request.answer

    def arrive(self, request: Request, verdict: Verdict) -> None:
        """Let a request on the wire come into effect, once for each living key."""
        self.wire.remove(request)
        if self.weather is not None:
            request.answer = _NOT_DONE[self.weather]
            return
        kept, now = self.kept.get(request.key), self._clock()
        if kept is not None and now - kept.since < LIVES[request.operation]:
            request.answer = kept.answer
            return
        request.answer = _NOT_DONE.get(verdict) or request.effect(verdict)
        if verdict not in _NOT_DONE:
            self.kept[request.key] = Kept(request.answer, now)

    def _carry_out(self, call: FrozenCall, verdict: Verdict) -> Answer:
        if verdict is Verdict.STORED_BEFORE:
            return STORED
        if verdict is Verdict.UNPREPARED:
            return o.NotSent("500", is_ailing=True, replayable=False)
        thing = self._effect(call, _STATES[verdict])
        return STORED if verdict is Verdict.STORED_AFTER else thing.outcome()

    def _call_off(self, reference: str, verdict: Verdict) -> Answer:
        thing = self.ledger.of(reference)
        assert thing is not None, "called off by an id that was never given"
        if thing.state is State.OPEN and verdict not in UNDONE:
            self.ledger.move(thing, State.CANCELED)
        return STORED if verdict in _STORES else thing.outcome()

    def _effect(self, call: FrozenCall, state: State) -> Thing:
        match call.operation:
            case Operation.STRIPE_PAYMENT:
                return self.ledger.make(call.body, state)
            case Operation.PAYPAL_ORDER_CREATE:
                return self.ledger.make(call.body, State.OPEN)
            case _:
                thing = self.ledger.of(call.body["reference"])
                assert thing is not None, "captured by an id that was never given"
                if thing.state is State.APPROVED:
                    self.ledger.move(thing, state)
                return thing

    def _look(self, call: FrozenCall, started_at: datetime) -> o.Outcome:
        if call.operation is Operation.PAYPAL_ORDER_CREATE:
            return o.Absent("an order whose id was lost cannot be paid")
        if call.operation is Operation.PAYPAL_ORDER_CAPTURE:
            thing = self.ledger.of(call.body["reference"])
            assert thing is not None, "captured by an id that was never given"
            is_untouched = thing.state in {State.OPEN, State.APPROVED}
            return o.Absent("not captured") if is_untouched else thing.outcome()
        found = self.ledger.for_charge(call.body["charge"])
        if found:
            return found[0].outcome()
        is_early = self._clock() - started_at < SETTLING
        return o.Indeterminate("too early", retry_after=SETTLING) if is_early else o.Absent("none")
