"""The Stripe authorization routes: whose account an event's orders are charged on."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response, url_for
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from api_shim import connecting, runtime
from api_shim.access import demand_same_id
from api_shim.authorizing import (
    already_exists,
    demand_changeable,
    demand_no_live_charge,
    find_authorization,
    judge_change,
    judge_event,
    no_such_authorization,
    permit_organizer,
)
from api_shim.door import Routes
from api_shim.events import find_event, find_related_event
from api_shim.identity import Caller
from api_shim.jsonapi import resource, respond
from api_shim.permissions import permit
from api_shim.schemas.authorizations import (
    AuthorizationChange,
    AuthorizationDocument,
    AuthorizationRequest,
    Deleted,
)
from shared.crash_points import CrashPoint, reached
from shared.db import unit_of_work
from shared.repository import authorizations as store
from shared.repository.parking import resume_charges

routes = Routes("authorizations", __name__)


@routes.door(
    "POST",
    "/v1/stripe-authorization",
    summary="Connect an organizer's Stripe account to an event",
    request=AuthorizationRequest,
    answers={201: AuthorizationDocument, 403: None, 404: None, 409: None, 502: None},
)
def post_authorization(caller: Caller, document: AuthorizationRequest) -> Response:
    """Check, exchange the code, store; of two at once the database takes one."""
    deps, data = runtime.deps(), document.data
    with unit_of_work(deps.engine) as connection:
        event_id, event = find_related_event(connection, data.relationships.event.data.id)
        judge_event(caller, event)
        if store.read_authorization_of(connection, event_id):
            raise already_exists()
    grant = connecting.exchange(data.attributes.stripe_auth_code)
    with connecting.or_let_go(grant), unit_of_work(deps.engine) as connection:
        stored = store.store_authorization(connection, event_id, grant, deps.clock())
        if stored is None:
            raise already_exists()
        resume_charges(connection, event_id, stored.account, deps.clock())
    location = {"Location": url_for("authorizations.get_authorization", authorization=stored.id)}
    return respond({"data": present(stored)}, HTTPStatus.CREATED, location)


@routes.door(
    "GET",
    "/v1/stripe-authorization/<authorization>",
    summary="A Stripe authorization, without its secrets",
    answers={200: AuthorizationDocument, 404: None},
)
def get_authorization(caller: Caller, authorization: str) -> Response:
    """Show the authorization."""
    permit(caller)
    with unit_of_work(runtime.deps().engine) as connection:
        found = find_authorization(connection, authorization)
    return respond({"data": present(found)}, HTTPStatus.OK)


@routes.door(
    "GET",
    "/v1/events/<event>/stripe-authorization",
    summary="An event's Stripe authorization",
    answers={200: AuthorizationDocument, 404: None},
)
def get_authorization_of_event(caller: Caller, event: str) -> Response:
    """Show the event's authorization."""
    permit(caller)
    with unit_of_work(runtime.deps().engine) as connection:
        event_id, _ = find_event(connection, event)
        found = store.read_authorization_of(connection, event_id)
    if found is None:
        raise no_such_authorization(str(event_id))
    return respond({"data": present(found)}, HTTPStatus.OK)


@routes.door(
    "PATCH",
    "/v1/stripe-authorization/<authorization>",
    summary="Connect the account again, or move it to another event",
    request=AuthorizationChange,
    answers={200: AuthorizationDocument, 403: None, 404: None, 409: None, 502: None},
)
def patch_authorization(
    caller: Caller, document: AuthorizationChange, authorization: str
) -> Response:
    """Check for both events, exchange a new code if there is one, store."""
    data, deps = document.data, runtime.deps()
    demand_same_id(data.id, authorization)
    with unit_of_work(deps.engine) as connection:
        target = judge_change(connection, caller, data, authorization)
    code = data.attributes.stripe_auth_code
    grant = connecting.exchange(code) if code else None
    with connecting.or_let_go(grant):
        try:
            with unit_of_work(deps.engine) as connection:
                changed = _change(connection, authorization, target, grant)
        except IntegrityError:  # the one thing it can violate is one authorization per event
            raise already_exists() from None
    return respond({"data": present(changed)}, HTTPStatus.OK)


@routes.door(
    "DELETE",
    "/v1/stripe-authorization/<authorization>",
    summary="Let go of an organizer's Stripe account",
    answers={200: Deleted, 403: None, 404: None, 409: None, 502: None},
)
def delete_authorization(caller: Caller, authorization: str) -> Response:
    """Revoke it, so that no charge begins on it; deauthorize at Stripe; forget it.

    What fails in between is done by asking again. Stripe knows one connection for all events of
    an account, which only the last authorization to go may end.
    """
    deps = runtime.deps()
    with unit_of_work(deps.engine) as connection:
        found = find_authorization(connection, authorization, lock=True)
        _, event = find_event(connection, str(found.event_id))
        permit_organizer(caller, event)
        demand_no_live_charge(connection, found.event_id)
        if found.stripe_user_id:
            connecting.demand_connector()
        store.revoke_authorization(connection, found.id, deps.clock())
        shared = store.is_account_authorized(connection, found.account)
    reached(CrashPoint.AUTHORIZATION_REVOKED)
    if found.stripe_user_id and not shared:
        connecting.deauthorize(found.stripe_user_id)
    with unit_of_work(deps.engine) as connection:
        if not store.delete_authorization(connection, found.id):
            raise no_such_authorization(authorization)
    return respond({"meta": {"message": "Object successfully deleted"}}, HTTPStatus.OK)


def present(found: store.Authorization) -> dict[str, Any]:
    """An authorization as a resource object; its tokens are not even read."""
    attributes = {
        "stripe-publishable-key": found.publishable_key,
        "stripe-user-id": found.stripe_user_id,
    }
    links = {"self": url_for("authorizations.get_authorization", authorization=found.id)}
    related = {"event": ("event", found.event_id)}
    return resource("stripe-authorization", found.id, attributes, links=links, related=related)


def _change(
    connection: Connection, name: str, event_id: int, grant: store.SealedGrant | None
) -> store.Authorization:
    now = runtime.deps().clock()
    found = find_authorization(connection, name, lock=True)
    demand_changeable(connection, found, event_id, is_renewed=grant is not None)
    if event_id != found.event_id:
        store.move_authorization(connection, found.id, event_id)
    if grant is not None:
        store.renew_authorization(connection, found.id, grant, now)
        resume_charges(connection, event_id, grant.stripe_user_id, now)
    return find_authorization(connection, name)
