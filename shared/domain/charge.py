"""The charge: the intent to collect an order's amount once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.domain.money import Money


class Provider(StrEnum):
    """Who moves the money."""

    STRIPE = "stripe"
    PAYPAL = "paypal"


class Status(StrEnum):
    """Where a charge stands; `docs/states.md` draws how it moves."""

    ACCEPTED = "accepted"
    SUBMITTING = "submitting"
    INDETERMINATE = "indeterminate"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    NEEDS_REVIEW = "needs_review"


class OrderStatus(StrEnum):
    """Where an order stands; `completed` is written by money alone."""

    PENDING = "pending"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Operation(StrEnum):
    """What is asked of a provider under a key, whose life depends on it."""

    STRIPE_PAYMENT = "stripe.payment_intents.create"
    PAYPAL_ORDER_CREATE = "paypal.orders.create"
    PAYPAL_ORDER_CAPTURE = "paypal.orders.capture"
    PAYPAL_PAYMENT_EXECUTE = "paypal.payments.execute"
    STRIPE_REFUND = "stripe.refunds.create"
    PAYPAL_CAPTURE_REFUND = "paypal.captures.refund"
    PAYPAL_SALE_REFUND = "paypal.sales.refund"


RELEASED = frozenset({Status.FAILED, Status.CANCELED})
"""The states in which the order may be charged anew."""

SETTLED = RELEASED | {Status.SUCCEEDED}
"""The states in which nothing more is due."""


@dataclass(frozen=True, slots=True)
class StripeToken:
    """A `tok_…` or `pm_…` that the buyer's browser obtained from Stripe."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PayPalOrder:
    """The id of a PayPal Orders v2 order that the payer approved."""

    order_id: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PayPalPayment:
    """A PayPal v1 payment with the payer who approved it."""

    payment_id: str = field(repr=False)
    payer_id: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PayPalCheckout:
    """Nothing yet: the worker creates the PayPal order, the payer approves it later."""


Instrument = StripeToken | PayPalOrder | PayPalPayment | PayPalCheckout
"""What the buyer gave to pay with: a secret, so that no repr shows it."""


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge as decisions see it."""

    id: int
    identifier: UUID
    order_id: int
    order_identifier: UUID
    order_status: OrderStatus
    provider: Provider
    status: Status
    money: Money
    account: str | None
    """The connected Stripe account that is charged for; None is the platform's own."""
    provider_reference: str | None
    capture_reference: str | None
    claim_number: int
    created_at: datetime
    is_captured: bool = False
    """Its payment is known, whatever went back of it since."""
    is_card_known: bool = False
    """What it was paid with may be shown."""
