"""What the ticketing platform tells: complete, and new each time."""

import uuid
from typing import Any

import factory

Json = dict[str, Any]


def new_event_identifier() -> str:
    return f"event-{uuid.uuid4().hex[:12]}"


_EVENT = factory.make_factory(
    dict,
    **{
        "identifier": factory.LazyFunction(new_event_identifier),
        "name": factory.Faker("catch_phrase"),
        "currency": "USD",
        "can-pay-by-stripe": True,
        "can-pay-by-paypal": True,
        "organizer-ids": factory.LazyFunction(lambda: ["organizer"]),
    },
)
_ORDER = factory.make_factory(
    dict,
    **{
        "identifier": factory.LazyFunction(lambda: str(uuid.uuid4())),
        "user-id": "buyer",
        "amount": "19.99",
        "currency": "USD",
        "payment-mode": "stripe",
    },
)


def event_document(**attributes: object) -> Json:
    """An event that takes both providers."""
    return {"data": {"type": "event", "attributes": dict(_EVENT(**_dashed(attributes)))}}


def order_document(event: str, **attributes: object) -> Json:
    """An order of the buyer's for that event."""
    related = {"event": {"data": {"type": "event", "id": event}}}
    told = dict(_ORDER(**_dashed(attributes)))
    return {"data": {"type": "order", "attributes": told, "relationships": related}}


def charge_document(**attributes: object) -> Json:
    """A charge request."""
    return {"data": {"type": "charge", "attributes": _dashed(attributes)}}


def endpoint_document(**attributes: object) -> Json:
    """A webhook endpoint on this machine, where nothing listens."""
    told = {"url": "http://127.0.0.1/hooks"} | _dashed(attributes)
    return {"data": {"type": "webhook-endpoint", "attributes": told}}


def refund_document(**attributes: object) -> Json:
    """A refund request."""
    return {"data": {"type": "refund", "attributes": attributes}}


def authorization_document(event: str, code: str) -> Json:
    """A new Stripe authorization."""
    related = {"event": {"data": {"type": "event", "id": event}}}
    attributes = {"stripe-auth-code": code}
    data = {"type": "stripe-authorization", "attributes": attributes, "relationships": related}
    return {"data": data}


def _dashed(attributes: Json) -> Json:
    return {name.replace("_", "-"): value for name, value in attributes.items()}
