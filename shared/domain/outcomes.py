"""What a provider can say of a charge: values, matched exhaustively."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.money import Money


class Refusal(StrEnum):
    """Why a definite no is a no, and so what the buyer can do."""

    INSTRUMENT = "instrument"  # this instrument never will; another may
    TEMPORARY = "temporary"  # the same instrument may later
    BUYER = "buyer"  # the buyer must do or correct something
    REQUEST = "request"  # our request or the platform's data is at fault


@dataclass(frozen=True, slots=True)
class Card:
    """What may be shown of the instrument."""

    paid_via: str
    brand: str | None = None
    last4: str | None = None
    exp_month: int | None = None
    exp_year: int | None = None


@dataclass(frozen=True, slots=True)
class NextAction:
    """What the payer must do: open a link, or hand the client secret to Stripe.js."""

    kind: str
    url: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Approved:
    """The money is captured. All that law 7 compares stands on the object itself."""

    reference: str
    """The provider's object: PaymentIntent, PayPal order or v1 payment."""
    capture_reference: str
    """What moved the money: Stripe charge, PayPal capture or sale."""
    money: Money
    our_references: frozenset[str]
    """Every reference of ours found on the object: charge or order identifiers."""
    livemode: bool
    account: str | None = None
    card: Card | None = None


@dataclass(frozen=True, slots=True)
class Declined:
    """A definite refusal: no money moved."""

    code: str
    message: str
    """Safe to show to the buyer."""
    refusal: Refusal
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class RequiresAction:
    """The payer must act before anything moves."""

    reference: str
    action: NextAction


@dataclass(frozen=True, slots=True)
class PayerActed:
    """The payer has acted: the capture may be attempted."""

    reference: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """The provider has it, and settles later."""

    reference: str
    reason: str
    capture_reference: str | None = None


@dataclass(frozen=True, slots=True)
class Canceled:
    """The provider confirms that it will not happen."""

    reference: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The buyer called it off, and nothing can have been sent."""

    reason: str


@dataclass(frozen=True, slots=True)
class Contradicted:
    """What is known of the charge cannot all be true: a person must look."""

    complaint: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """Provably nothing was executed: the same request may go out again, under the same key."""

    reason: str
    retry_after: timedelta | None = None
    is_ailing: bool = field(default=False, compare=False, repr=False)
    """No connection, no answer in time or a 5xx: the provider itself is in trouble."""
    replayable: bool = True
    """False: the provider answers this key so for ever; the next try takes a new one."""


@dataclass(frozen=True, slots=True)
class Indeterminate:
    """No definite answer: it may or may not have happened."""

    reason: str
    replayable: bool = True
    """False: the provider answers this key with the same non-answer for ever; look it up."""
    retry_after: timedelta | None = None
    is_ailing: bool = field(default=False, compare=False, repr=False)
    """As of NotSent."""


@dataclass(frozen=True, slots=True)
class Absent:
    """A consistent read shows that the provider never carried it out."""

    evidence: str


@dataclass(frozen=True, slots=True)
class Misconfigured:
    """Our credentials or permissions are refused: nobody's decline."""

    reason: str


Unanswered = NotSent | Indeterminate | Misconfigured
"""A call that was not answered in the matter: nothing was decided by it."""

Outcome = (
    Approved
    | Declined
    | RequiresAction
    | PayerActed
    | Submitted
    | Canceled
    | Withdrawn
    | Contradicted
    | NotSent
    | Indeterminate
    | Absent
    | Misconfigured
)
"""What a call, a read or an event comes to."""
