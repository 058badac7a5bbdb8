"""Scenes: for every route its example request, about rows for which it makes sense."""

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from api_shim.door import Door
from shared.db import unit_of_work
from shared.domain.outbound import Answer, OutboundType
from shared.repository import deliveries, outbox
from shared.repository.orders import read_order
from tests.api.factories import Json, authorization_document, new_event_identifier
from tests.api.platform import Platform, data_of

Scene = Callable[[Platform, Json], str]
"""Makes the rows, names them in the request, gives the path."""


def _told_event(_: Platform, request: Json) -> str:
    request["data"]["attributes"]["identifier"] = new_event_identifier()
    return "/v1/events"


def _changed_event(platform: Platform, request: Json) -> str:
    request["data"]["id"] = platform.event()
    return f"/v1/events/{request['data']['id']}"


def _told_order(platform: Platform, request: Json) -> str:
    request["data"]["attributes"]["identifier"] = str(uuid.uuid4())
    request["data"]["relationships"]["event"]["data"]["id"] = platform.event()
    return "/v1/orders"


def _changed_order(platform: Platform, request: Json) -> str:
    request["data"]["id"] = platform.order()
    return f"/v1/orders/{request['data']['id']}"


def _listed_orders(platform: Platform, _: Json) -> str:
    platform.order()
    return "/v1/orders?page[size]=1"


def _charges_of_order(platform: Platform, _: Json) -> str:
    order = platform.order()
    platform.charged(order)
    return f"/v1/orders/{order}/charges"


def _refunds_of_charge(platform: Platform, _: Json) -> str:
    charge = platform.paid()
    platform.refunded(charge)
    return f"{charge}/refunds"


def _new_authorization(platform: Platform, request: Json) -> str:
    request["data"]["attributes"]["stripe-auth-code"] = platform.authorization_code()
    request["data"]["relationships"]["event"]["data"]["id"] = platform.event()
    return "/v1/stripe-authorization"


def _authorization(platform: Platform, request: Json) -> str:
    event = platform.event()
    document = authorization_document(event, platform.authorization_code())
    answer = platform.ask("POST", "/v1/stripe-authorization", document, as_={"sub": "organizer"})
    key = str(data_of(answer)["id"])
    if request:
        request["data"]["id"] = key
        request["data"]["attributes"]["stripe-auth-code"] = platform.authorization_code()
        request["data"].pop("relationships", None)
    return f"/v1/stripe-authorization/{key}"


def _authorization_of_event(platform: Platform, _: Json) -> str:
    event = platform.event()
    platform.authorization(event)
    return f"/v1/events/{event}/stripe-authorization"


def _new_endpoint(platform: Platform, request: Json) -> str:
    platform.endpoint()
    request["data"]["attributes"]["url"] = "http://127.0.0.1/hooks"
    return "/v1/webhook-endpoints"


def _listed_endpoints(platform: Platform, _: Json) -> str:
    platform.endpoint(event_types=["order.completed"])
    return "/v1/webhook-endpoints?page[size]=1"


def _changed_endpoint(platform: Platform, request: Json) -> str:
    request["data"]["id"] = platform.endpoint(event_types=["order.completed"])
    return f"/v1/webhook-endpoints/{request['data']['id']}"


def _endpoint(action: str = "") -> Scene:
    def scene(platform: Platform, _: Json) -> str:
        key = platform.endpoint(event_types=["order.completed"])
        return f"/v1/webhook-endpoints/{key}{action}"

    return scene


def outbound_event(platform: Platform) -> str:
    """The key of an event of a new order's, of which one delivery was tried once."""
    now, order = platform.deps.clock(), platform.order()
    with unit_of_work(platform.deps.engine) as connection:
        stored = read_order(connection, None, uuid.UUID(order))
        assert stored
        data = {"order": order}
        completed = outbox.Announcement(stored.id, OutboundType.ORDER_COMPLETED, data)
        outbox.announce(connection, [completed], now)
    ((event,),) = platform.sql("SELECT max(id) FROM outbound_events")
    query = "SELECT id FROM outbound_deliveries WHERE event_id = :id"
    for (delivery,) in platform.sql(query, id=event):
        with unit_of_work(platform.deps.engine) as connection:
            deliveries.claim(connection, delivery, now=now, until=now)
            deliveries.record_answer(connection, delivery, 1, Answer(503), now)
    return str(event)


def _deliveries(platform: Platform, _: Json) -> str:
    key = platform.endpoint()
    outbound_event(platform)
    return f"/v1/webhook-endpoints/{key}/deliveries?page[size]=1"


def _listed_outbound_events(platform: Platform, _: Json) -> str:
    outbound_event(platform)
    return "/v1/outbound-events?page[size]=1"


SCENES: Final[Mapping[str, Scene]] = {
    "events.post_event": _told_event,
    "events.get_event": lambda platform, _: f"/v1/events/{platform.event()}",
    "events.patch_event": _changed_event,
    "orders.post_order": _told_order,
    "orders.get_orders": _listed_orders,
    "orders.get_order": lambda platform, _: f"/v1/orders/{platform.order()}",
    "orders.patch_order": _changed_order,
    "charges.charge_order": lambda platform, _: f"/v1/orders/{platform.order()}/charge",
    "charges.get_charge": lambda platform, _: platform.charged(),
    "charges.get_charges_of_order": _charges_of_order,
    "charges.cancel_charge": lambda platform, _: f"{platform.charged()}/cancel",
    "refunds.post_refund": lambda platform, _: f"{platform.paid()}/refunds",
    "refunds.get_refunds": _refunds_of_charge,
    "refunds.get_refund": lambda platform, _: platform.refunded(platform.paid()),
    "authorizations.post_authorization": _new_authorization,
    "authorizations.get_authorization": _authorization,
    "authorizations.get_authorization_of_event": _authorization_of_event,
    "authorizations.patch_authorization": _authorization,
    "authorizations.delete_authorization": _authorization,
    "webhook_endpoints.post_endpoint": _new_endpoint,
    "webhook_endpoints.get_endpoints": _listed_endpoints,
    "webhook_endpoints.get_endpoint": _endpoint(),
    "webhook_endpoints.patch_endpoint": _changed_endpoint,
    "webhook_endpoints.delete_endpoint": _endpoint(),
    "webhook_endpoints.rotate_secret": _endpoint("/rotate-secret"),
    "webhook_endpoints.ping_endpoint": _endpoint("/ping"),
    "webhook_endpoints.get_deliveries": _deliveries,
    "outbound_events.get_outbound_events": _listed_outbound_events,
    "outbound_events.get_outbound_event": (
        lambda platform, _: f"/v1/outbound-events/{outbound_event(platform)}"
    ),
    "outbound_events.replay_outbound_event": (
        lambda platform, _: f"/v1/outbound-events/{outbound_event(platform)}/replay"
    ),
}
"""By endpoint."""


def example_of(model: Any) -> Json:
    """A schema's example, as a client would copy it from the reference."""
    (example,) = model.model_config["json_schema_extra"]["examples"]
    return dict(json.loads(json.dumps(example)))


def act(platform: Platform, door: Door) -> tuple[str, Json | None]:
    """The path and the document of the route's example request."""
    request = example_of(door.request) if door.request else {}
    path = SCENES[door.endpoint](platform, request)
    return path, request or None
