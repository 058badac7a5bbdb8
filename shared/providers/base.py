"""The port through which a payment provider is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from shared.domain.charge import Instrument, Operation
from shared.domain.money import Money
from shared.domain.movements import Movement
from shared.domain.outcomes import Indeterminate, Misconfigured, Outcome
from shared.domain.refund import Captured, RefundFact
from shared.domain.refund_decisions import RefundOutcome
from shared.providers.webhook_endpoint import WebhookEndpoint

JsonObject = dict[str, Any]
"""A JSON object; its shape is the provider's."""


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """What a charge asks of a provider, in our words."""

    charge: UUID
    order: UUID
    money: Money
    instrument: Instrument
    account: str | None = None
    """The connected Stripe account to charge for."""
    provider_reference: str | None = None
    """The provider's object from an earlier attempt: a PayPal order that the payer approved."""


@dataclass(frozen=True, slots=True)
class FrozenCall:
    """One provider operation, fixed before its first try and stored with its key.

    `body` is JSON of the adapter's own making, complete but for the instrument, which stays
    encrypted in the charge's row: the same call and instrument always make the same bytes.
    """

    operation: Operation
    body: JsonObject


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """A verified webhook event, before anybody has read what it means.

    `event_id` is the provider's own, unique per provider; `account` the connected account.
    """

    event_id: str
    event_type: str
    account: str | None
    livemode: bool
    created_at: datetime


Unread = Indeterminate | Misconfigured
"""A list that could not be read: to be asked for again later."""


@dataclass(frozen=True, slots=True)
class ListedEvent:
    """An event out of the provider's own list, with the bytes that `translate` reads."""

    event: ProviderEvent
    body: bytes


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page of a list, the newest first; `next_page` is where it goes on, None at its end."""

    events: tuple[ListedEvent, ...]
    next_page: str | None


@dataclass(frozen=True, slots=True)
class MovementPage:
    """A page of a day's ledger; `next_page` is where it goes on, None at its end."""

    movements: tuple[Movement, ...]
    next_page: str | None


@dataclass(frozen=True, slots=True)
class DisputeFact:
    """A dispute or chargeback as the provider tells it."""

    dispute_reference: str
    capture_reference: str
    money: Money
    status: str
    """`open`, `won`, `lost` or `closed`."""
    reason: str
    withdrawn_minor: int = 0
    """What the provider has taken or held for it so far, in minor units, fees aside."""
    reinstated_minor: int = 0
    """What of that it has given back."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The organizer's account lets the platform in no more; the provider confirmed it."""

    account: str


@dataclass(frozen=True, slots=True)
class Translation:
    """What an event says, and of which object.

    `references` are provider ids that may stand in our rows (PaymentIntent, PayPal order, capture,
    sale, payment); `our_references` are charge or order identifiers found on the object. `fact` is
    None where the event says nothing that concerns us; NotSent, Indeterminate or Misconfigured
    where the provider had to be asked and did not answer: the event is handled again later.
    """

    fact: Outcome | RefundFact | DisputeFact | Disconnected | None
    references: frozenset[str] = frozenset()
    our_references: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """What a refund asks of a provider, in our words."""

    refund: UUID
    charge: UUID
    order: UUID
    money: Money
    captured: Captured
    reason: str | None = None
    """The organizer's words: told to the provider only where it has the same word itself."""


class Refunds(Protocol):
    """Performs refunds at one provider.

    Every method is safe to repeat. None raises for what a provider or the network does: that is a
    RefundOutcome. What is raised is a bug.
    """

    def freeze(self, request: RefundRequest) -> FrozenCall:
        """Fix the call, which names the refund's identifier. Pure.

        Raises UnrepresentableAmount where the provider cannot carry the amount exactly.
        """
        ...

    def perform(self, call: FrozenCall, key: str) -> RefundOutcome:
        """Send the frozen call under its idempotency key, for the first time or again."""
        ...

    def find(self, call: FrozenCall, started_at: datetime) -> RefundOutcome:
        """Look for the refund that a lost call may have made, by its identifier. Reads only.

        Absent only where the read proves that nothing was executed.
        """
        ...

    def fetch(self, reference: str, captured: Captured) -> RefundOutcome:
        """Read a refund that the provider is known to have, as it is now."""
        ...


class PaymentProvider(Protocol):
    """Performs charges at one provider.

    Every method is safe to repeat. None raises for what a provider or the network does: that is an
    Outcome. What is raised is a bug.
    """

    @property
    def refunds(self) -> Refunds:
        """What gives the money back."""
        ...

    def freeze(self, request: ChargeRequest) -> FrozenCall:
        """Fix the call for a new attempt. Pure.

        Raises UnrepresentableAmount where the provider cannot carry the amount exactly.
        """
        ...

    def perform(self, call: FrozenCall, instrument: Instrument, key: str) -> Outcome:
        """Send the frozen call under its idempotency key, for the first time or again.

        Bounded by the total deadline. Checks amount, currency, payee and reference at the provider
        before it captures what somebody else created.
        """
        ...

    def find(
        self, call: FrozenCall, instrument: Instrument, key: str, started_at: datetime
    ) -> Outcome:
        """Look for the effect of a call whose answer was lost. Reads only, consistent ones.

        Absent only where the read proves that nothing was executed.
        """
        ...

    def fetch(self, reference: str, account: str | None) -> Outcome:
        """Read one object of the provider's (what `Approved.reference` holds) as it is now."""
        ...

    def cancel(self, reference: str, account: str | None, key: str) -> Outcome:
        """Call off what the payer has not done yet; the object as it is after that.

        Canceled only where no money can move any more without us.
        """
        ...

    def verify(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
        """Check the signature of a webhook on its raw bytes; ForgedWebhook for anything amiss."""
        ...

    def translate(self, body: bytes, account: str | None) -> Translation:
        """Read a stored, verified event. Asks the provider where the event says too little.

        Unknown and irrelevant types give a Translation without a fact.
        """
        ...

    def list_events(
        self, account: str | None, since: datetime, page: str | None
    ) -> EventPage | Unread:
        """Read a page of the events created since then, delivered or not; None begins the list."""
        ...

    def list_movements(
        self, account: str | None, day: date, page: str | None
    ) -> MovementPage | Unread:
        """Read a page of what moved on that UTC day; Indeterminate until its list is complete."""
        ...

    def webhook_endpoints(self, *, of_accounts: bool) -> tuple[WebhookEndpoint, ...] | Unread:
        """Read where webhooks are sent, and what an endpoint of connected accounts would miss."""
        ...
