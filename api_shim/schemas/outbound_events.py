"""Outbound events, their deliveries on the wire."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from api_shim.schemas.base import VERSION, Answer, Linkage, Query, SelfLink, Told, example
from api_shim.schemas.orders import PageLinks
from shared.domain.outbound import DeliveryStatus, OutboundType

LARGEST_PAGE: Final = 100


class Page(Query):
    """How many of a list, after which (the cursor of `links.next`)."""

    size: Annotated[int, Field(alias="page[size]", ge=1, le=LARGEST_PAGE)] = 20
    after: Annotated[str | None, Field(alias="page[after]", pattern=r"^[A-Za-z0-9_-]{1,32}$")] = (
        None
    )


class EventPage(Page):
    """Which outbound events."""

    order: Annotated[str | None, Field(alias="filter[order]", max_length=64)] = None


_EVENT: Final = {
    "type": "outbound-event",
    "id": "11",
    "attributes": {
        "identifier": "5f0d1c52-6c40-4c0a-8a3e-8d0d54a4a3de",
        "event-type": "order.completed",
        "data": {"order": "7d0f6f4e-2f0b-4a57-9d9f-0a5c1c0c9a01"},
        "created-at": "2026-11-25T09:30:00.123456+00:00",
    },
    "relationships": {"order": {"data": {"type": "order", "id": "7"}}},
    "links": {"self": "/v1/outbound-events/11"},
}


_EVENTS_PAGE: Final = {"self": "/v1/outbound-events?page[size]=1", "next": None}


class ToldEvent(Answer):
    """What was told; `identifier` is what receivers see as `webhook-id`."""

    identifier: UUID
    event_type: OutboundType
    data: dict[str, object]
    created_at: AwareDatetime


class MaybeOne(Answer):
    """A to-one relationship that may be empty."""

    data: Linkage | None


class EventRelationships(Answer):
    """What it happened to; a ping happened to nothing."""

    order: MaybeOne


class OutboundEventResource(Answer):
    """An outbound event."""

    type: Literal["outbound-event"]
    id: str
    attributes: ToldEvent
    relationships: EventRelationships
    links: SelfLink


class OutboundEventDocument(Told):
    """One outbound event."""

    model_config = example({"data": _EVENT, "jsonapi": VERSION})

    data: OutboundEventResource


class PingDocument(OutboundEventDocument):
    """A ping, which tells of the endpoint alone."""

    model_config = example(
        {
            "data": {
                "type": "outbound-event",
                "id": "12",
                "attributes": {
                    "identifier": "c0a0b6a5-5be4-4b64-8ff5-2f1c2f6f2f0e",
                    "event-type": "endpoint.ping",
                    "data": {"endpoint": "0b0f1c86-1e0c-4b8e-9a0f-3f8a4f0b7d11"},
                    "created-at": "2026-11-25T09:30:00.123456+00:00",
                },
                "relationships": {"order": {"data": None}},
                "links": {"self": "/v1/outbound-events/12"},
            },
            "jsonapi": VERSION,
        }
    )


class OutboundEventsDocument(Told):
    """A page of outbound events, the newest first."""

    model_config = example({"data": [_EVENT], "links": _EVENTS_PAGE, "jsonapi": VERSION})

    data: list[OutboundEventResource]
    links: PageLinks


class ToldAttempt(Answer):
    """One try; without an end its worker died, or is at it."""

    number: int
    started_at: AwareDatetime
    status_code: int | None
    latency_ms: int | None
    error: str | None


class ToldDelivery(Answer):
    """How far an event came on its way to the endpoint."""

    event_identifier: UUID
    event_type: OutboundType
    status: DeliveryStatus
    next_attempt_at: AwareDatetime | None
    created_at: AwareDatetime
    finished_at: AwareDatetime | None
    attempts: list[ToldAttempt]


class ToEvent(Answer):
    """The event that is delivered."""

    data: Linkage


class DeliveryRelationships(Answer):
    """What is delivered."""

    event: ToEvent


class DeliveryLinks(Answer):
    """Where the event stands."""

    related: str


class DeliveryResource(Answer):
    """A delivery."""

    type: Literal["webhook-delivery"]
    id: str
    attributes: ToldDelivery
    relationships: DeliveryRelationships
    links: DeliveryLinks


class DeliveriesDocument(Told):
    """A page of deliveries, the newest first."""

    model_config = example(
        {
            "data": [
                {
                    "type": "webhook-delivery",
                    "id": "19",
                    "attributes": {
                        "event-identifier": "5f0d1c52-6c40-4c0a-8a3e-8d0d54a4a3de",
                        "event-type": "order.completed",
                        "status": "pending",
                        "next-attempt-at": "2026-11-25T09:35:00.123456+00:00",
                        "created-at": "2026-11-25T09:30:00.123456+00:00",
                        "finished-at": None,
                        "attempts": [
                            {
                                "number": 1,
                                "started-at": "2026-11-25T09:30:00.223456+00:00",
                                "status-code": 503,
                                "latency-ms": 81,
                                "error": None,
                            }
                        ],
                    },
                    "relationships": {"event": {"data": {"type": "outbound-event", "id": "11"}}},
                    "links": {"related": "/v1/outbound-events/11"},
                }
            ],
            "links": {"self": "/v1/webhook-endpoints/2/deliveries?page[size]=1", "next": None},
            "jsonapi": VERSION,
        }
    )

    data: list[DeliveryResource]
    links: PageLinks
