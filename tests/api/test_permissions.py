"""Nobody reads or moves what is not theirs: every route times every role."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from api_shim.door import Door, doors_of
from api_shim.permissions import PERMISSIONS
from tests.api.platform import (
    Json,
    Platform,
    authorization_document,
    charge_document,
    order_document,
)

ROLES: Mapping[str, Mapping[str, Any] | None] = {
    "anonymous": None,
    "stranger": {"sub": "stranger"},
    "buyer": {"sub": "buyer"},
    "frugal buyer": {"sub": "buyer", "scope": "profile"},
    "other organizer": {"sub": "other-organizer"},
    "organizer": {"sub": "organizer"},
    "platform": {"sub": "platform", "scope": "orders:write"},
    "refunder": {"sub": "refunder", "scope": "refunds:write"},
    "admin": {"sub": "root", "scope": "admin"},
}

# The columns are the roles above, in their order.
CELLS = {
    "events.post_event": "401 403 403 403 403 403 201 403 201",
    "events.get_event": "401 403 403 403 403 200 200 403 200",
    "events.patch_event": "401 403 403 403 403 403 200 403 200",
    "orders.post_order": "401 403 403 403 403 403 201 403 201",
    "orders.get_orders": "401 200 200 200 200 200 200 200 200",
    "orders.get_order": "401 403 200 200 403 200 403 403 200",
    "orders.patch_order": "401 403 200 403 403 403 200 403 200",
    "charges.charge_order": "401 403 202 403 403 403 403 403 403",
    "charges.get_charge": "401 403 200 200 403 200 403 403 200",
    "charges.get_charges_of_order": "401 403 200 200 403 200 403 403 200",
    # 503: let in, and Stripe is out of reach here.
    "authorizations.post_authorization": "401 403 403 403 403 503 403 403 403",
    "authorizations.get_authorization": "401 200 200 200 200 200 200 200 200",
    "authorizations.get_authorization_of_event": "401 200 200 200 200 200 200 200 200",
    "authorizations.patch_authorization": "401 403 403 403 403 200 403 403 403",
    "authorizations.delete_authorization": "401 403 403 403 403 503 403 403 403",
}


def _event_change(platform: Platform) -> tuple[str, Json]:
    identifier = platform.event()
    data = {"type": "event", "id": identifier, "attributes": {"name": "Another name"}}
    return f"/v1/events/{identifier}", {"data": data}


def _order_change(platform: Platform) -> tuple[str, Json]:
    order = platform.order()
    data = {"type": "order", "id": order, "attributes": {"status": "cancelled"}}
    return f"/v1/orders/{order}", {"data": data}


def _new_event(platform: Platform) -> tuple[str, Json]:
    del platform
    attributes = {
        "identifier": f"e-{uuid.uuid4().hex[:12]}",
        "name": "A concert",
        "currency": "USD",
    }
    return "/v1/events", {"data": {"type": "event", "attributes": attributes}}


def _new_authorization(platform: Platform) -> tuple[str, Json]:
    return "/v1/stripe-authorization", authorization_document(platform.event())


def _authorization_change(platform: Platform) -> tuple[str, Json]:
    key = platform.authorization(platform.event())
    return f"/v1/stripe-authorization/{key}", {"data": {"type": "stripe-authorization", "id": key}}


def _authorized_event(platform: Platform) -> tuple[str, None]:
    event = platform.event()
    platform.authorization(event)
    return f"/v1/events/{event}/stripe-authorization", None


EVERY_CELL = [
    (endpoint, role, int(status))
    for endpoint, row in CELLS.items()
    for role, status in zip(ROLES, row.split(), strict=True)
]
REQUESTS: Mapping[str, Callable[[Platform], tuple[str, Json | None]]] = {
    "events.post_event": _new_event,
    "events.get_event": lambda p: (f"/v1/events/{p.event()}", None),
    "events.patch_event": _event_change,
    "orders.post_order": lambda p: ("/v1/orders", order_document(p.event())),
    "orders.get_orders": lambda _: ("/v1/orders", None),
    "orders.get_order": lambda p: (f"/v1/orders/{p.order()}", None),
    "orders.patch_order": _order_change,
    "charges.charge_order": lambda p: (
        f"/v1/orders/{p.order()}/charge",
        charge_document(stripe="tok_visa"),
    ),
    "charges.get_charge": lambda p: (p.charged(), None),
    "charges.get_charges_of_order": lambda p: (f"/v1/orders/{p.order()}/charges", None),
    "authorizations.post_authorization": _new_authorization,
    "authorizations.get_authorization": lambda p: (
        f"/v1/stripe-authorization/{p.authorization(p.event())}",
        None,
    ),
    "authorizations.get_authorization_of_event": _authorized_event,
    "authorizations.patch_authorization": _authorization_change,
    "authorizations.delete_authorization": lambda p: (
        f"/v1/stripe-authorization/{p.authorization(p.event())}",
        None,
    ),
}


@pytest.fixture(scope="module")
def doors(platform: Platform) -> Mapping[str, Door]:
    """The routes that want a caller, by endpoint."""
    return {door.endpoint: door for door in doors_of(platform.app) if not door.is_public}


def test_every_route_has_its_row_in_every_table(doors: Mapping[str, Door]) -> None:
    assert set(doors) == set(CELLS) == set(REQUESTS) == set(PERMISSIONS)


def test_every_route_is_a_door(platform: Platform) -> None:
    declared = {door.endpoint for door in doors_of(platform.app)}

    served = {rule.endpoint for rule in platform.app.url_map.iter_rules()}

    assert served == declared


@pytest.mark.parametrize(("endpoint", "role", "status"), EVERY_CELL)
def test_a_route_opens_to_those_alone_who_may(
    platform: Platform, doors: Mapping[str, Door], endpoint: str, role: str, status: int
) -> None:
    path, document = REQUESTS[endpoint](platform)

    answer = platform.ask(doors[endpoint].method, path, document, as_=ROLES[role])

    assert answer.status_code == status, answer.text
