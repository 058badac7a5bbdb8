"""The webhook endpoint routes: where the ticketing platform wants to be told of what happens."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from uuid import uuid4

from flask import Response, url_for
from sqlalchemy import Connection

from api_shim import runtime
from api_shim.access import demand_same_id, row_key
from api_shim.door import Routes
from api_shim.errors import ApiError, pointer
from api_shim.identity import Caller
from api_shim.jsonapi import respond
from api_shim.outbound_documents import (
    accepted,
    page_of,
    present_delivery,
    present_endpoint,
)
from api_shim.permissions import permit
from api_shim.schemas.authorizations import Deleted
from api_shim.schemas.outbound_events import DeliveriesDocument, Page, PingDocument
from api_shim.schemas.webhook_endpoints import (
    EndpointChange,
    EndpointChanges,
    EndpointDocument,
    EndpointRequest,
    EndpointsDocument,
    SecretDocument,
)
from shared.db import unit_of_work
from shared.domain.errors import ForbiddenAddress
from shared.domain.outbound import EndpointStatus
from shared.outbound.signing import new_secret
from shared.repository import endpoints as store
from shared.repository import outbound_views as views
from shared.repository import outbox

routes = Routes("webhook_endpoints", __name__)


@routes.door(
    "POST",
    "/v1/webhook-endpoints",
    summary="Register an endpoint; its secret is shown this once",
    request=EndpointRequest,
    answers={201: SecretDocument, 403: None, 409: None},
)
def post_endpoint(caller: Caller, document: EndpointRequest) -> Response:
    """Check the address, store the endpoint."""
    permit(caller)
    attributes, deps, secret = document.data.attributes, runtime.deps(), new_secret()
    _demand_reachable(attributes.url)
    kinds = tuple(attributes.event_types)
    new = store.NewEndpoint(uuid4(), attributes.url, kinds, deps.vault.seal(secret))
    with unit_of_work(deps.engine) as connection:
        if store.count_endpoints(connection) >= store.MOST_ENDPOINTS:
            detail = f"There are {store.MOST_ENDPOINTS} endpoints, which is the most."
            raise ApiError(HTTPStatus.CONFLICT, detail, code="too_many_endpoints")
        stored = store.store_endpoint(connection, new, deps.clock())
    location = {"Location": url_for("webhook_endpoints.get_endpoint", webhook_endpoint=stored.id)}
    return respond({"data": present_endpoint(stored, secret)}, HTTPStatus.CREATED, location)


@routes.door(
    "GET",
    "/v1/webhook-endpoints",
    summary="The endpoints, the newest first",
    query=Page,
    answers={200: EndpointsDocument, 403: None},
)
def get_endpoints(caller: Caller, query: Page) -> Response:
    """List a page of endpoints."""
    permit(caller)
    page = page_of(query)
    with unit_of_work(runtime.deps().engine) as connection:
        found = store.list_endpoints(connection, page.before, page.most)
    shown = [present_endpoint(endpoint) for endpoint in found]
    return respond(page.document(shown), HTTPStatus.OK)


@routes.door(
    "GET",
    "/v1/webhook-endpoints/<webhook_endpoint>",
    summary="An endpoint as it stands",
    answers={200: EndpointDocument, 403: None, 404: None},
)
def get_endpoint(caller: Caller, webhook_endpoint: str) -> Response:
    """Show the endpoint."""
    permit(caller)
    with unit_of_work(runtime.deps().engine) as connection:
        found = _find(connection, webhook_endpoint)
    return respond({"data": present_endpoint(found)}, HTTPStatus.OK)


@routes.door(
    "PATCH",
    "/v1/webhook-endpoints/<webhook_endpoint>",
    summary="Move, narrow, disable an endpoint; enabled again, it is sent all that it is owed",
    request=EndpointChange,
    answers={200: EndpointDocument, 403: None, 404: None},
)
def patch_endpoint(caller: Caller, document: EndpointChange, webhook_endpoint: str) -> Response:
    """Change the endpoint."""
    permit(caller)
    changes, now = document.data.attributes, runtime.deps().clock()
    if changes.url is not None:
        _demand_reachable(changes.url)
    with unit_of_work(runtime.deps().engine) as connection:
        found = _find(connection, webhook_endpoint, lock=True)
        demand_same_id(document.data.id, str(found.id), str(found.identifier))
        changed = _change(connection, found, changes, now)
    return respond({"data": present_endpoint(changed)}, HTTPStatus.OK)


@routes.door(
    "DELETE",
    "/v1/webhook-endpoints/<webhook_endpoint>",
    summary="Send nothing to an endpoint any more, and forget it",
    answers={200: Deleted, 403: None, 404: None},
)
def delete_endpoint(caller: Caller, webhook_endpoint: str) -> Response:
    """Delete the endpoint."""
    permit(caller)
    with unit_of_work(runtime.deps().engine) as connection:
        store.delete(
            connection, _find(connection, webhook_endpoint, lock=True).id, runtime.deps().clock()
        )
    return respond({"meta": {"message": "Object successfully deleted"}}, HTTPStatus.OK)


@routes.door(
    "POST",
    "/v1/webhook-endpoints/<webhook_endpoint>/rotate-secret",
    summary="Sign with a new secret, which is shown this once; the old one signs for a day more",
    answers={200: SecretDocument, 403: None, 404: None},
)
def rotate_secret(caller: Caller, webhook_endpoint: str) -> Response:
    """Make a new secret."""
    permit(caller)
    deps, secret = runtime.deps(), new_secret()
    with unit_of_work(deps.engine) as connection:
        found = _find(connection, webhook_endpoint, lock=True)
        store.rotate_secret(connection, found.id, deps.vault.seal(secret), deps.clock())
    return respond({"data": present_endpoint(found, secret)}, HTTPStatus.OK)


@routes.door(
    "POST",
    "/v1/webhook-endpoints/<webhook_endpoint>/ping",
    summary="Send an endpoint an event that tells of nothing",
    answers={202: PingDocument, 403: None, 404: None, 409: None},
)
def ping_endpoint(caller: Caller, webhook_endpoint: str) -> Response:
    """Store a ping, due at once."""
    permit(caller)
    with unit_of_work(runtime.deps().engine) as connection:
        found = _find(connection, webhook_endpoint, lock=True)
        if found.status is not EndpointStatus.ENABLED:
            detail = "Nothing is sent to an endpoint that is disabled."
            raise ApiError(HTTPStatus.CONFLICT, detail, code="endpoint_disabled")
        now = runtime.deps().clock()
        event = views.read_event(
            connection, outbox.ping(connection, found.id, found.identifier, now), None
        )
    assert event is not None, "it was just stored"
    return accepted(event)


@routes.door(
    "GET",
    "/v1/webhook-endpoints/<webhook_endpoint>/deliveries",
    summary="What was sent to an endpoint, and what it answered, the newest first",
    query=Page,
    answers={200: DeliveriesDocument, 403: None, 404: None},
)
def get_deliveries(caller: Caller, query: Page, webhook_endpoint: str) -> Response:
    """List a page of deliveries."""
    permit(caller)
    page = page_of(query)
    with unit_of_work(runtime.deps().engine) as connection:
        found = _find(connection, webhook_endpoint)
        rows = views.list_deliveries(connection, found.id, before=page.before, most=page.most)
    shown = [present_delivery(row) for row in rows]
    return respond(page.document(shown), HTTPStatus.OK)


def _find(connection: Connection, name: str, *, lock: bool = False) -> store.Endpoint:
    found = store.read_endpoint(connection, *row_key(name), lock=lock)
    if found is None:
        detail = f"WebhookEndpoint: {name[:64]} not found"
        raise ApiError(HTTPStatus.NOT_FOUND, detail, {"parameter": "webhook_endpoint"})
    return found


def _demand_reachable(url: str) -> None:
    try:
        runtime.deps().rules.check(url)
    except ForbiddenAddress as refused:
        source = pointer("/data/attributes/url")
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, str(refused), source) from None


def _change(
    connection: Connection, found: store.Endpoint, changes: EndpointChanges, now: datetime
) -> store.Endpoint:
    values = changes.model_dump(include={"url", "event_types"}, exclude_none=True)
    if values:
        found = store.update_endpoint(connection, found.id, values, now)
    match changes.status:
        case EndpointStatus.ENABLED if found.status is not EndpointStatus.ENABLED:
            return store.enable(connection, found.id, now)
        case EndpointStatus.DISABLED if found.status is not EndpointStatus.DISABLED:
            return store.disable(connection, found.id, "by request", now)
        case _:
            return found
