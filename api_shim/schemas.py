"""What clients may send: one model per resource."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
)

from shared.domain.errors import InvalidMoney
from shared.domain.money import exponent_of


def _storable(text: str) -> str:
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("contains characters that no text has")
    return text


def _blank_is_nothing(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _currency(code: str) -> str:
    try:
        exponent_of(code)
    except InvalidMoney as unknown:
        raise ValueError(str(unknown)) from None
    return code


_Strict = StringConstraints(strict=True, min_length=1, max_length=255)
Text = Annotated[str, _Strict, AfterValidator(_storable)]
Currency = Annotated[str, _Strict, AfterValidator(_currency)]
Amount = Annotated[str, StringConstraints(strict=True, max_length=40)]
Optional = BeforeValidator(_blank_is_nothing)
StripeToken = Annotated[
    str, StringConstraints(strict=True, pattern=r"^(tok|pm)_[A-Za-z0-9_]{1,250}$")
]
PayPalId = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z0-9-]{1,64}$")]
PaymentMode = Literal["stripe", "paypal", "free", "bank", "cheque", "onsite", "invoice"]


class Document(BaseModel):
    """Members by their dashed names; snake_case is accepted, unknown members are ignored."""

    model_config = ConfigDict(
        alias_generator=lambda name: name.replace("_", "-"), populate_by_name=True, frozen=True
    )


class ChargeAttributes(Document):
    """What the buyer pays with."""

    stripe: Annotated[StripeToken | None, Optional] = None
    paypal: Annotated[PayPalId | None, Optional] = None
    paypal_payment_id: Annotated[PayPalId | None, Optional] = None
    paypal_payer_id: Annotated[PayPalId | None, Optional] = None


class EventAttributes(Document):
    """What the ticketing platform tells of an event."""

    identifier: Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    name: Text
    currency: Currency
    can_pay_by_stripe: StrictBool = False
    can_pay_by_paypal: StrictBool = False
    paypal_email: Text | None = None
    organizer_ids: Annotated[list[Text], Field(max_length=100)] = []


class OrderAttributes(Document):
    """What the ticketing platform tells of an order."""

    identifier: UUID
    user_id: Text
    amount: Amount | None = None
    currency: Currency
    payment_mode: PaymentMode
    expires_at: AwareDatetime | None = None


class Linkage(Document):
    """A resource identifier object."""

    type: Text
    id: Text


class ToOne(Document):
    """A to-one relationship."""

    data: Linkage


class OrderRelationships(Document):
    """What an order belongs to."""

    event: ToOne


class ChargeData(Document):
    """The primary data of a charge request."""

    type: Literal["charge"]
    attributes: ChargeAttributes = ChargeAttributes()


class EventData(Document):
    """The primary data of an event."""

    type: Literal["event"]
    attributes: EventAttributes


class OrderData(Document):
    """The primary data of an order."""

    type: Literal["order"]
    attributes: OrderAttributes
    relationships: OrderRelationships


class ChargeRequest(Document):
    """`POST /v1/orders/<id>/charge`."""

    data: ChargeData


class EventRequest(Document):
    """`POST /v1/events`."""

    data: EventData


class OrderRequest(Document):
    """`POST /v1/orders`."""

    data: OrderData
