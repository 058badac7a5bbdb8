"""Charges on the wire."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from api_shim.schemas.base import (
    VERSION,
    Answer,
    Document,
    Optional,
    Query,
    SelfLink,
    Told,
    ToOne,
    example,
)

StripeToken = Annotated[
    str, StringConstraints(strict=True, pattern=r"^(tok|pm)_[A-Za-z0-9_]{1,250}$")
]
PayPalId = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z0-9-]{1,64}$")]
ChargeStatus = Literal[
    "accepted",
    "submitting",
    "indeterminate",
    "requires-action",
    "processing",
    "succeeded",
    "failed",
    "canceled",
    "needs-review",
]

LONGEST_WAIT = 30


class ChargeAttributes(Document):
    """What the buyer pays with."""

    stripe: Annotated[StripeToken | None, Optional] = None
    paypal: Annotated[PayPalId | None, Optional] = None
    paypal_payment_id: Annotated[PayPalId | None, Optional] = None
    paypal_payer_id: Annotated[PayPalId | None, Optional] = None


class ChargeData(Document):
    """The primary data of a charge request."""

    type: Literal["charge"]
    attributes: ChargeAttributes = ChargeAttributes()


class ChargeRequest(Document):
    """`POST /v1/orders/<id>/charge`."""

    model_config = example({"data": {"type": "charge", "attributes": {"stripe": "tok_visa"}}})

    data: ChargeData


class Wait(Query):
    """How many seconds the answer may wait for the charge's next change."""

    wait: Annotated[float, Field(ge=0, le=LONGEST_WAIT)] = 0


class NextAction(Answer):
    """What the payer must do: open the link, or hand the client secret to Stripe.js."""

    kind: str
    url: str | None = None
    client_secret: str | None = None


class ToldCharge(Answer):
    """A charge as it stands; `failure-message` is safe to show."""

    identifier: UUID
    status: ChargeStatus
    amount: str
    currency: str
    amount_refunded: str
    payment_mode: Literal["stripe", "paypal"]
    failure_code: str | None
    failure_message: str | None
    provider_reference: str | None
    attempts: int
    next_action: NextAction | None
    paid_via: str | None
    brand: str | None
    last4: str | None
    exp_month: int | None
    exp_year: int | None
    pending_reason: str | None
    cancel_requested_at: AwareDatetime | None
    created_at: AwareDatetime
    updated_at: AwareDatetime


class ChargeLinks(SelfLink):
    """Where the charge stands, where its payer approves."""

    approve: str | None = None


class OfOrder(Answer):
    """The order that is charged."""

    order: ToOne


class ChargeResource(Answer):
    """A charge."""

    type: Literal["charge"]
    id: str
    attributes: ToldCharge
    relationships: OfOrder
    links: ChargeLinks


_EXAMPLE: Final = {
    "type": "charge",
    "id": "42",
    "attributes": {
        "identifier": "0d5b1c8e-4f5c-4a53-8a58-3f7a1f0e9c11",
        "status": "accepted",
        "amount": "19.99",
        "currency": "EUR",
        "amount-refunded": "0.00",
        "payment-mode": "stripe",
        "failure-code": None,
        "failure-message": None,
        "provider-reference": None,
        "attempts": 0,
        "next-action": None,
        "paid-via": None,
        "brand": None,
        "last4": None,
        "exp-month": None,
        "exp-year": None,
        "pending-reason": None,
        "cancel-requested-at": None,
        "created-at": "2026-11-25T09:30:00.123456+00:00",
        "updated-at": "2026-11-25T09:30:00.123456+00:00",
    },
    "relationships": {"order": {"data": {"type": "order", "id": "7"}}},
    "links": {"self": "/v1/charges/42"},
}


class ChargeDocument(Told):
    """One charge."""

    model_config = example({"data": _EXAMPLE, "jsonapi": VERSION})

    data: ChargeResource


class ChargesDocument(Told):
    """An order's charges, the newest first."""

    model_config = example({"data": [_EXAMPLE], "jsonapi": VERSION})

    data: list[ChargeResource]
