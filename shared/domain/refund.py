"""The refund: money of one capture on its way back to the payer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.domain.money import Money


class RefundStatus(StrEnum):
    """Where a refund stands."""

    PENDING = "pending"  # asked for, by us or at the provider, and not yet known to be done
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # refused, or come back: the money is ours again
    CANCELED = "canceled"
    NEEDS_REVIEW = "needs_review"


class Origin(StrEnum):
    """Who asked for a refund."""

    OURS = "ours"
    PROVIDER = "provider"  # somebody at its dashboard, or the provider itself


RESERVING = frozenset({RefundStatus.PENDING, RefundStatus.SUCCEEDED, RefundStatus.NEEDS_REVIEW})
"""The statuses in which the money is gone, or may be: no other refund may have it."""


@dataclass(frozen=True, slots=True)
class Captured:
    """The captured money that a refund gives back, as the provider names it."""

    provider_reference: str
    """PaymentIntent, PayPal order or v1 payment."""
    capture_reference: str
    """Stripe charge, PayPal capture or sale."""
    account: str | None = None


@dataclass(frozen=True, slots=True)
class RefundFact:
    """A refund as the provider tells it, whoever asked for it."""

    refund_reference: str
    capture_reference: str
    money: Money
    status: RefundStatus
    our_references: frozenset[str] = frozenset()
    """Every identifier of ours found on it; a refund that we made names its row."""


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund as decisions see it."""

    id: int
    identifier: UUID
    charge_id: int
    origin: Origin
    status: RefundStatus
    money: Money
    provider_reference: str | None
    capture_reference: str | None
    """What it gives back: the charge's payment, or a stray capture."""
    claim_number: int
    tries: int
    maybe_executed: bool
    """Some earlier try ended without proof that nothing went back."""
    created_at: datetime
    started_at: datetime | None = None
    """When its key was first used; None before that."""
    stray_capture_id: int | None = None
    """Money that was not the charge's payment, and says nothing of what that has left."""
