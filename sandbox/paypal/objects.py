"""The frozen values PayPal's side of a payment is made of.

One shape serves both APIs: a v1 payment is an `Order`, a v1 sale a `Capture`, told apart by
`api`. Only the renderers speak two dialects.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sandbox.paypal.money import Money

Json = dict[str, object]


class Api(StrEnum):
    """The dialect an object was made in, and the only one it can be read in."""

    V1 = "v1"
    V2 = "v2"


class OrderStatus(StrEnum):
    """How far the payer and the merchant have come."""

    CREATED = "CREATED"
    PAYER_ACTION_REQUIRED = "PAYER_ACTION_REQUIRED"
    APPROVED = "APPROVED"
    COMPLETED = "COMPLETED"
    VOIDED = "VOIDED"
    FAILED = "FAILED"
    """v1 only: `state: failed`."""


class CaptureStatus(StrEnum):
    """What became of the money."""

    COMPLETED = "COMPLETED"
    PENDING = "PENDING"
    DECLINED = "DECLINED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"


class RefundStatus(StrEnum):
    """What became of a refund."""

    COMPLETED = "COMPLETED"
    PENDING = "PENDING"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True)
class Unit:
    """One thing the payer pays for; `wire` is how the merchant described it."""

    reference_id: str
    amount: Money
    custom_id: str | None
    invoice_id: str | None
    wire: Mapping[str, object]


@dataclass(frozen=True)
class Order:
    """A v2 order, or a v1 payment, as the payer and the merchant see it."""

    id: str
    api: Api
    intent: str
    status: OrderStatus
    units: tuple[Unit, ...]
    created_at: datetime
    updated_at: datetime
    return_url: str | None = None
    cancel_url: str | None = None
    payer: str | None = None
    """The persona that approved (see `personas`)."""
    approved_at: datetime | None = None
    wire: Mapping[str, object] | None = None
    failure_reason: str | None = None

    @property
    def payer_id(self) -> str:
        """PayPal's id of whoever pays; the same for the same persona."""
        letters = "".join(ch for ch in (self.payer or "").upper() if ch.isalnum())
        return (letters + "PAYERSANDBOX0")[:13]


@dataclass(frozen=True)
class Capture:
    """A v2 capture, or a v1 sale: the only place that says whether money moved."""

    id: str
    order_id: str
    api: Api
    status: CaptureStatus
    amount: Money
    fee: Money
    custom_id: str | None
    invoice_id: str | None
    created_at: datetime
    updated_at: datetime
    reason: str | None = None
    refunded_minor: int = 0
    disputed: bool = False
    charged_back: bool = False

    @property
    def refundable(self) -> Money:
        """What has not gone back yet."""
        return Money(self.amount.minor - self.refunded_minor, self.amount.currency)


@dataclass(frozen=True)
class Refund:
    """Money on its way back, by the merchant's wish or, when `is_reversal`, by PayPal's."""

    id: str
    capture_id: str
    order_id: str
    api: Api
    status: RefundStatus
    amount: Money
    total_refunded: Money
    created_at: datetime
    updated_at: datetime
    custom_id: str | None = None
    invoice_id: str | None = None
    note: str | None = None
    is_reversal: bool = False


@dataclass(frozen=True)
class Dispute:
    """A payer's complaint about one capture, with the money held meanwhile."""

    id: str
    capture_id: str
    amount: Money
    reason: str
    status: str
    created_at: datetime
    updated_at: datetime
    custom_id: str | None = None
    invoice_id: str | None = None
    outcome: str | None = None
