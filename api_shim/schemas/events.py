"""Events on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, StrictBool, StringConstraints

from api_shim.schemas.base import (
    VERSION,
    Answer,
    Currency,
    Document,
    Optional,
    SelfLink,
    Text,
    Told,
    example,
)

EventIdentifier = Annotated[
    str, StringConstraints(strict=True, pattern=r"^[0-9]*[A-Za-z_-][A-Za-z0-9_-]*$", max_length=64)
]
"""Something in it is no digit: a name of digits alone is a primary key."""


class EventAttributes(Document):
    """What the ticketing platform tells of an event."""

    identifier: EventIdentifier
    name: Text
    currency: Currency
    can_pay_by_stripe: StrictBool = False
    can_pay_by_paypal: StrictBool = False
    paypal_email: Text | None = None
    organizer_ids: Annotated[list[Text], Field(default_factory=list, max_length=100)]


def _without_defaults(schema: dict[str, Any]) -> None:
    for member in schema["properties"].values():
        member.pop("default", None)


class EventChanges(Document):
    """What of an event is to change; what is not sent stays (`model_fields_set` tells)."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    name: Text = ""
    currency: Currency = ""
    can_pay_by_stripe: StrictBool = False
    can_pay_by_paypal: StrictBool = False
    paypal_email: Text | None = None
    organizer_ids: Annotated[list[Text], Field(default_factory=list, max_length=100)]


class EventData(Document):
    """The primary data of an event."""

    type: Literal["event"]
    attributes: EventAttributes


class ChangedEventData(Document):
    """An event's changes; `id` repeats the one in the address."""

    type: Literal["event"]
    id: Annotated[str | None, Optional] = None
    attributes: EventChanges


_TOLD: Final = {
    "identifier": "concert",
    "name": "A concert",
    "currency": "EUR",
    "can-pay-by-stripe": True,
    "can-pay-by-paypal": True,
    "paypal-email": None,
    "organizer-ids": ["organizer"],
}


class EventRequest(Document):
    """`POST /v1/events`."""

    model_config = example({"data": {"type": "event", "attributes": _TOLD}})

    data: EventData


class EventChange(Document):
    """`PATCH /v1/events/<id>`."""

    model_config = example(
        {"data": {"type": "event", "id": "concert", "attributes": {"name": "A concert"}}}
    )

    data: ChangedEventData


class ToldEvent(Answer):
    """An event as it stands."""

    identifier: str
    name: str
    currency: str
    can_pay_by_stripe: bool
    can_pay_by_paypal: bool
    paypal_email: str | None
    organizer_ids: list[str]


class EventResource(Answer):
    """An event."""

    type: Literal["event"]
    id: str
    attributes: ToldEvent
    links: SelfLink


class EventDocument(Told):
    """One event."""

    model_config = example(
        {
            "data": {
                "type": "event",
                "id": "3",
                "attributes": _TOLD,
                "links": {"self": "/v1/events/3"},
            },
            "jsonapi": VERSION,
        }
    )

    data: EventResource
