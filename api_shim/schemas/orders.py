"""Orders on the wire."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, ValidationInfo, field_validator

from api_shim.schemas.base import (
    VERSION,
    Amount,
    Answer,
    Currency,
    Document,
    Instant,
    Optional,
    Query,
    SelfLink,
    Text,
    Told,
    ToOne,
    example,
)
from api_shim.schemas.events import EventIdentifier
from shared.domain.errors import InvalidMoney
from shared.domain.money import Money

PaymentMode = Literal["stripe", "paypal", "free", "bank", "cheque", "onsite", "invoice"]
OrderStatus = Literal["pending", "completed", "cancelled", "expired"]
LARGEST_PAGE = 100


def read_amount(amount: str, currency: str) -> int:
    """An amount in minor units of its currency; ValueError for what is none."""
    try:
        return Money.parse(amount, currency).amount_minor
    except InvalidMoney as invalid:
        raise ValueError(str(invalid)) from None


class OrderAttributes(Document):
    """What the ticketing platform tells of an order."""

    identifier: UUID
    user_id: Text
    currency: Currency
    amount: Amount | None = None
    payment_mode: PaymentMode
    expires_at: Instant | None = None

    @field_validator("amount")
    @classmethod
    def _is_of_the_currency(cls, amount: str | None, info: ValidationInfo) -> str | None:
        if amount is not None and "currency" in info.data:
            read_amount(amount, info.data["currency"])
        return amount

    @property
    def amount_minor(self) -> int | None:
        """The amount in minor units."""
        return None if self.amount is None else read_amount(self.amount, self.currency)


class OrderChanges(Document):
    """The one change that a client may make: an unpaid order is cancelled."""

    status: OrderStatus


class OrderRelationships(Document):
    """What an order belongs to."""

    event: ToOne


class OrderData(Document):
    """The primary data of an order."""

    type: Literal["order"]
    attributes: OrderAttributes
    relationships: OrderRelationships


class ChangedOrderData(Document):
    """An order's change; `id` repeats the one in the address."""

    type: Literal["order"]
    id: Annotated[str | None, Optional] = None
    attributes: OrderChanges


_IDENTIFIER: Final = "7d0f6f4e-2f0b-4a57-9d9f-0a5c1c0c9a01"
_TOLD: Final = {
    "identifier": _IDENTIFIER,
    "user-id": "buyer",
    "amount": "19.99",
    "currency": "EUR",
    "payment-mode": "stripe",
    "expires-at": None,
}
_ORDER: Final = {
    "type": "order",
    "id": "7",
    "attributes": _TOLD
    | {
        "amount-refunded": "0.00",
        "status": "pending",
        "completed-at": None,
        "created-at": "2026-11-25T09:30:00.123456+00:00",
    },
    "relationships": {"event": {"data": {"type": "event", "id": "3"}}},
    "links": {"self": "/v1/orders/7"},
}


class OrderRequest(Document):
    """`POST /v1/orders`."""

    model_config = example(
        {
            "data": {
                "type": "order",
                "attributes": _TOLD,
                "relationships": {"event": {"data": {"type": "event", "id": "concert"}}},
            }
        }
    )

    data: OrderData


class OrderChange(Document):
    """`PATCH /v1/orders/<id>`."""

    model_config = example(
        {"data": {"type": "order", "id": _IDENTIFIER, "attributes": {"status": "cancelled"}}}
    )

    data: ChangedOrderData


class OrderPage(Query):
    """Which orders, how many of them, after which (the cursor of `links.next`)."""

    status: Annotated[OrderStatus | None, Field(alias="filter[status]")] = None
    event: Annotated[EventIdentifier | None, Field(alias="filter[event]")] = None
    size: Annotated[int, Field(alias="page[size]", ge=1, le=LARGEST_PAGE)] = 20
    after: Annotated[str | None, Field(alias="page[after]", pattern=r"^[A-Za-z0-9_-]{1,32}$")] = (
        None
    )


class ToldOrder(Answer):
    """An order as it stands; `completed` is written by money alone."""

    identifier: UUID
    user_id: str
    amount: str | None
    currency: str
    amount_refunded: str
    payment_mode: PaymentMode
    status: OrderStatus
    expires_at: AwareDatetime | None
    completed_at: AwareDatetime | None
    created_at: AwareDatetime


class OrderResource(Answer):
    """An order."""

    type: Literal["order"]
    id: str
    attributes: ToldOrder
    relationships: OrderRelationships
    links: SelfLink


class OrderDocument(Told):
    """One order."""

    model_config = example({"data": _ORDER, "jsonapi": VERSION})

    data: OrderResource


class PageLinks(Answer):
    """This page, the next one."""

    self: str
    next: str | None


class OrdersDocument(Told):
    """A page of orders, the newest first."""

    model_config = example(
        {
            "data": [_ORDER],
            "links": {"self": "/v1/orders?page[size]=1", "next": None},
            "jsonapi": VERSION,
        }
    )

    data: list[OrderResource]
    links: PageLinks
