"""Movements: what a provider's own ledger says of money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.money import Money


class Kind(StrEnum):
    """What moved the money."""

    CAPTURE = "capture"
    REFUND = "refund"  # reversals by the provider too
    DISPUTE = "dispute"
    OTHER = "other"  # payouts, the provider's own fees, …: no business of charges


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a ledger, signed as the merchant sees it."""

    reference: str
    """The line's own id."""
    kind: Kind
    object_reference: str
    """What moved it: the capture, the refund; for a dispute the capture that it is about."""
    parent_reference: str | None
    """The capture of a refund; of a capture, what `fetch` reads."""
    money: Money
    """In the currency of the object, not of the balance."""
    fee: Money
    """Negative where the provider took it."""
    our_references: frozenset[str]
    moved_at: datetime
