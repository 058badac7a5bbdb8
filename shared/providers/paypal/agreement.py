"""What a payer agreed to pay, told alike for Orders v2 and Payments v1."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from shared.domain.money import Money


class Standing(Enum):
    """How far an agreement has come, money aside."""

    OPEN = auto()  # the payer has not approved
    APPROVED = auto()
    CLOSED = auto()  # the provider is done with it; its captures say what became of the money
    FAILED = auto()
    VOIDED = auto()


class Settlement(Enum):
    """What became of the money of one capture."""

    DONE = auto()  # it moved; whether some went back is told by refunds
    PENDING = auto()
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class Capture:
    """A v2 capture or a v1 sale: the only place that says whether money moved."""

    reference: str
    settlement: Settlement
    money: Money
    our_references: frozenset[str]
    reason: str | None = None
    """PayPal's word for why it is pending or refused."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """A v2 order or a v1 payment."""

    reference: str
    standing: Standing
    intent: str
    money: Money | None
    """None where it is about several things at once, as ours never are."""
    payees: frozenset[str]
    """E-mail address and merchant id, in lower case."""
    our_references: frozenset[str]
    captures: tuple[Capture, ...] = ()
    page: str | None = None
    """Where the payer approves."""
    reason: str | None = None
    """Why it failed."""
