"""Webhook endpoints on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from api_shim.schemas.base import (
    VERSION,
    Answer,
    Document,
    Optional,
    SelfLink,
    Told,
    example,
)
from api_shim.schemas.orders import PageLinks
from shared.domain.outbound import OutboundType
from shared.outbound.addresses import LONGEST_URL

Url = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=LONGEST_URL)]


def _once(kinds: list[OutboundType]) -> list[OutboundType]:
    return list(dict.fromkeys(kinds))


EventTypes = Annotated[list[OutboundType], Field(max_length=50), AfterValidator(_once)]
"""Which events an endpoint wants; none named are all."""


class EndpointAttributes(Document):
    """Where events go, and which."""

    url: Url
    event_types: EventTypes = Field(default_factory=list)


class EndpointChanges(Document):
    """What of an endpoint is to change; what is not sent, or null, stays."""

    url: Url | None = None
    event_types: EventTypes | None = None
    status: Literal["enabled", "disabled"] | None = None


class EndpointData(Document):
    """The primary data of a new endpoint."""

    type: Literal["webhook-endpoint"]
    attributes: EndpointAttributes


class ChangedEndpointData(Document):
    """An endpoint's changes; `id` repeats the one in the address."""

    type: Literal["webhook-endpoint"]
    id: Annotated[str | None, Optional] = None
    attributes: EndpointChanges


_TOLD: Final = {
    "url": "https://tickets.example/hooks/chargehand",
    "event-types": ["order.completed", "charge.failed"],
}
_ENDPOINT: Final[dict[str, Any]] = {
    "type": "webhook-endpoint",
    "id": "2",
    "attributes": _TOLD
    | {
        "identifier": "0b0f1c86-1e0c-4b8e-9a0f-3f8a4f0b7d11",
        "status": "enabled",
        "disabled-reason": None,
        "failures": 0,
        "failing-since": None,
        "created-at": "2026-11-25T09:30:00.123456+00:00",
        "updated-at": "2026-11-25T09:30:00.123456+00:00",
    },
    "links": {"self": "/v1/webhook-endpoints/2"},
}
_SECRET: Final = {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="}
_PAGE: Final = {"self": "/v1/webhook-endpoints?page[size]=1", "next": None}


class EndpointRequest(Document):
    """`POST /v1/webhook-endpoints`."""

    model_config = example({"data": {"type": "webhook-endpoint", "attributes": _TOLD}})

    data: EndpointData


class EndpointChange(Document):
    """`PATCH /v1/webhook-endpoints/<id>`."""

    model_config = example(
        {"data": {"type": "webhook-endpoint", "id": "2", "attributes": {"status": "disabled"}}}
    )

    data: ChangedEndpointData


class ToldEndpoint(Answer):
    """An endpoint as it stands."""

    identifier: UUID
    url: str
    event_types: list[OutboundType]
    status: Literal["enabled", "disabled"]
    disabled_reason: str | None
    failures: int
    failing_since: AwareDatetime | None
    created_at: AwareDatetime
    updated_at: AwareDatetime


class ToldSecret(ToldEndpoint):
    """The same with its signing secret, which is shown this once."""

    secret: str


class EndpointResource(Answer):
    """An endpoint."""

    type: Literal["webhook-endpoint"]
    id: str
    attributes: ToldEndpoint
    links: SelfLink


class SecretResource(EndpointResource):
    """An endpoint with its secret."""

    attributes: ToldSecret


class EndpointDocument(Told):
    """One endpoint."""

    model_config = example({"data": _ENDPOINT, "jsonapi": VERSION})

    data: EndpointResource


class SecretDocument(Told):
    """One endpoint with its secret."""

    model_config = example(
        {
            "data": _ENDPOINT | {"attributes": _ENDPOINT["attributes"] | _SECRET},
            "jsonapi": VERSION,
        }
    )

    data: SecretResource


class EndpointsDocument(Told):
    """A page of endpoints, the newest first."""

    model_config = example({"data": [_ENDPOINT], "links": _PAGE, "jsonapi": VERSION})

    data: list[EndpointResource]
    links: PageLinks
