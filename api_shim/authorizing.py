"""Whether a Stripe authorization may come to an event, change, or leave it."""

from __future__ import annotations

from http import HTTPStatus

from sqlalchemy import Connection

from api_shim import connecting
from api_shim.access import row_key
from api_shim.errors import ApiError, pointer
from api_shim.events import RELATED_EVENT, find_event, find_related_event
from api_shim.identity import Caller
from api_shim.permissions import Parties, permit
from api_shim.schemas.authorizations import ChangedAuthorizationData
from shared.repository.authorizations import (
    Authorization,
    read_authorization,
    read_authorization_of,
)
from shared.repository.events import Event
from shared.repository.parking import has_live_charge


def find_authorization(connection: Connection, name: str, *, lock: bool = False) -> Authorization:
    """The authorization of that name in a URL; ApiError 404 without one."""
    found = read_authorization(connection, row_key(name)[0], lock=lock)
    if found is None:
        raise no_such_authorization(name)
    return found


def permit_organizer(caller: Caller, event: Event) -> None:
    """Let an organizer of the event go on."""
    permit(caller, Parties(organizers=frozenset(event.organizer_ids)))


def judge_event(caller: Caller, event: Event) -> None:
    """Refuse who may not connect an account to the event, and where none may be."""
    permit_organizer(caller, event)
    if not event.can_pay_by_stripe:
        detail = "Stripe payment is disabled for this Event"
        raise ApiError(HTTPStatus.FORBIDDEN, detail, code="provider_refused")
    connecting.demand_connector()


def judge_change(
    connection: Connection, caller: Caller, data: ChangedAuthorizationData, name: str
) -> int:
    """The id of the event it will belong to; ApiError for what stands against the change."""
    found = find_authorization(connection, name)
    event_id, event = find_event(connection, str(found.event_id))
    permit_organizer(caller, event)
    if data.relationships.event:
        related = data.relationships.event.data.id
        event_id, event = find_related_event(connection, related)
    judge_event(caller, event)
    if event_id != found.event_id and read_authorization_of(connection, event_id):
        raise already_exists()
    is_renewed = data.attributes.stripe_auth_code is not None
    demand_changeable(connection, found, event_id, is_renewed=is_renewed)
    return event_id


def demand_changeable(
    connection: Connection, found: Authorization, event_id: int, *, is_renewed: bool
) -> None:
    """Refuse to take from live charges the event or the key by which they find their account."""
    is_only_a_key = found.stripe_user_id is None
    if event_id != found.event_id or (is_renewed and is_only_a_key):
        demand_no_live_charge(connection, found.event_id)


def demand_no_live_charge(connection: Connection, event_id: int) -> None:
    """Refuse while money of the event may still move."""
    if has_live_charge(connection, event_id):
        detail = "A charge of the event is live. Wait until it is settled."
        raise ApiError(HTTPStatus.CONFLICT, detail, code="charge_live")


def already_exists() -> ApiError:
    """The answer where the event has an authorization."""
    detail = "Stripe Authorization already exists for this event"
    source = pointer(RELATED_EVENT)
    return ApiError(HTTPStatus.CONFLICT, detail, source, code="authorization_exists")


def no_such_authorization(name: str) -> ApiError:
    """The answer where an authorization, or an event's, is not there."""
    detail = f"StripeAuthorization: {name[:64]} not found"
    return ApiError(HTTPStatus.NOT_FOUND, detail, {"parameter": "id"})
