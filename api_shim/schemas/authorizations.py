"""Stripe authorizations on the wire."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, model_validator

from api_shim.schemas.base import (
    VERSION,
    Answer,
    Document,
    Optional,
    SelfLink,
    Text,
    Told,
    example,
)


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("is blank")
    return text


AuthCode = Annotated[Text, AfterValidator(_not_blank)]
"""The `ac_…` that Stripe gave the organizer's browser: good once, for minutes."""


class EventLinkage(Document):
    """An event's resource identifier object; the id may be its identifier."""

    type: Literal["event"]
    id: Text


class ToEvent(Document):
    """A relationship to an event."""

    data: EventLinkage


class AuthorizationAttributes(Document):
    """What the organizer brings back from Stripe."""

    stripe_auth_code: AuthCode


class AuthorizationRelationships(Document):
    """The event whose orders are to be charged on the organizer's account."""

    event: ToEvent


class AuthorizationData(Document):
    """The primary data of a new authorization."""

    type: Literal["stripe-authorization"]
    relationships: AuthorizationRelationships
    attributes: AuthorizationAttributes

    @model_validator(mode="before")
    @classmethod
    def _name_what_is_missing(cls, data: object) -> object:
        """Point at the member that is wanted, not at the object that would have held it."""
        if not isinstance(data, dict):
            return data
        wanted = ("relationships", "attributes")
        return {**data, **{name: {} for name in wanted if data.get(name) is None}}


_OF_EVENT: Final = {"event": {"data": {"type": "event", "id": "concert"}}}


class AuthorizationRequest(Document):
    """`POST /v1/stripe-authorization`."""

    model_config = example(
        {
            "data": {
                "type": "stripe-authorization",
                "attributes": {"stripe-auth-code": "ac_FkN1nHk0gTSnZYpqmPTxhXMGoIdOYPfM"},
                "relationships": _OF_EVENT,
            }
        }
    )

    data: AuthorizationData


class AuthorizationChanges(Document):
    """A new code, where the account is to be connected again."""

    stripe_auth_code: AuthCode | None = None


class ChangedRelationships(Document):
    """Another event, where the authorization is to move."""

    event: ToEvent | None = None


class ChangedAuthorizationData(Document):
    """An authorization's changes; `id` repeats the one in the address."""

    type: Literal["stripe-authorization"]
    id: Annotated[str | None, Optional] = None
    attributes: AuthorizationChanges = AuthorizationChanges()
    relationships: ChangedRelationships = ChangedRelationships()


class AuthorizationChange(Document):
    """`PATCH /v1/stripe-authorization/<id>`."""

    model_config = example(
        {
            "data": {
                "type": "stripe-authorization",
                "id": "5",
                "attributes": {"stripe-auth-code": "ac_FkN1nHk0gTSnZYpqmPTxhXMGoIdOYPfM"},
            }
        }
    )

    data: ChangedAuthorizationData


class ToldAuthorization(Answer):
    """What Stripe.js needs to take a card for the organizer's account; no secret is ever told."""

    stripe_publishable_key: str | None
    stripe_user_id: str | None


class AuthorizationResource(Answer):
    """A Stripe authorization."""

    type: Literal["stripe-authorization"]
    id: str
    attributes: ToldAuthorization
    relationships: AuthorizationRelationships
    links: SelfLink


class AuthorizationDocument(Told):
    """One Stripe authorization."""

    model_config = example(
        {
            "data": {
                "type": "stripe-authorization",
                "id": "5",
                "attributes": {
                    "stripe-publishable-key": "pk_test_7Hc0Vb2uXbJ1",
                    "stripe-user-id": "acct_1Mz4qQ2eZvKYlo2C",
                },
                "relationships": {"event": {"data": {"type": "event", "id": "3"}}},
                "links": {"self": "/v1/stripe-authorization/5"},
            },
            "jsonapi": VERSION,
        }
    )

    data: AuthorizationResource


class Message(Answer):
    """What was done."""

    message: Literal["Object successfully deleted"]


class Deleted(Told):
    """The object is gone."""

    model_config = example({"meta": {"message": "Object successfully deleted"}, "jsonapi": VERSION})

    meta: Message
