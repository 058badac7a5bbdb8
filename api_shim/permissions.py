"""Who may do what: one table, asked once a route has found the row it is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from flask import request

from api_shim.errors import ApiError
from api_shim.identity import Caller


class Role(StrEnum):
    """What a caller is to the row; those with a colon are scopes of its token."""

    USER = "user"  # anybody with a good token
    BUYER = "buyer"  # the order's
    ORGANIZER = "organizer"  # of the order's event
    PLATFORM = "orders:write"  # the ticketing platform itself
    REFUNDER = "refunds:write"  # may give money back, whosever it is
    ADMIN = "admin"


CHARGES_WRITE: Final = "charges:write"
"""A buyer's token that names scopes must name this one to move money; one without may."""


@dataclass(frozen=True, slots=True)
class Parties:
    """Whose row it is."""

    buyer: str | None = None
    organizers: frozenset[str] = frozenset()


NOBODY: Final = Parties()

_OTHERS_ORDER: Final = "You can only access your orders or your event's orders"
_NO_REFUNDER: Final = "Only the event's organizers, or the scope refunds:write, may refund."
_NO_PLATFORM: Final = "This needs the scope orders:write."


@dataclass(frozen=True, slots=True)
class Rule:
    """The roles that may, and what all others are told."""

    roles: frozenset[Role]
    refusal: str = ""
    moves_money: bool = False


def _readers(*others: Role) -> Rule:
    return Rule(frozenset({Role.BUYER, Role.ORGANIZER, Role.ADMIN, *others}), _OTHERS_ORDER)


def _organizer() -> Rule:
    return Rule(frozenset({Role.ORGANIZER}), "Minimum Organizer access required")


def _platform(*others: Role) -> Rule:
    return Rule(frozenset({Role.PLATFORM, Role.ADMIN, *others}), _NO_PLATFORM)


PERMISSIONS: Final[dict[str, Rule]] = {
    "events.post_event": _platform(),
    "events.get_event": _platform(Role.ORGANIZER),
    "events.patch_event": _platform(),
    "orders.post_order": _platform(),
    "orders.get_order": _readers(),
    "orders.get_orders": Rule(frozenset({Role.USER})),  # each sees its own
    "orders.patch_order": Rule(
        frozenset({Role.BUYER, Role.PLATFORM, Role.ADMIN}), _OTHERS_ORDER, moves_money=True
    ),
    "charges.charge_order": Rule(frozenset({Role.BUYER}), _OTHERS_ORDER, moves_money=True),
    "charges.get_charge": _readers(),
    "charges.get_charges_of_order": _readers(),
    "authorizations.post_authorization": _organizer(),
    "authorizations.get_authorization": Rule(frozenset({Role.USER})),
    "authorizations.get_authorization_of_event": Rule(frozenset({Role.USER})),
    "authorizations.patch_authorization": _organizer(),
    "authorizations.delete_authorization": _organizer(),
    "webhook_endpoints.post_endpoint": _platform(),
    "webhook_endpoints.get_endpoints": _platform(),
    "webhook_endpoints.get_endpoint": _platform(),
    "webhook_endpoints.patch_endpoint": _platform(),
    "webhook_endpoints.delete_endpoint": _platform(),
    "webhook_endpoints.rotate_secret": _platform(),
    "webhook_endpoints.ping_endpoint": _platform(),
    "webhook_endpoints.get_deliveries": _platform(),
    "outbound_events.get_outbound_events": _platform(),
    "outbound_events.get_outbound_event": _platform(),
    "outbound_events.replay_outbound_event": _platform(),
    "charges.cancel_charge": Rule(
        frozenset({Role.BUYER, Role.ADMIN}), _OTHERS_ORDER, moves_money=True
    ),
    "refunds.post_refund": Rule(
        frozenset({Role.ORGANIZER, Role.REFUNDER, Role.ADMIN}), _NO_REFUNDER
    ),
    "refunds.get_refunds": _readers(Role.REFUNDER),
    "refunds.get_refund": _readers(Role.REFUNDER),
}
"""By endpoint; a route of JSON:API that is not here can be reached by nobody."""

_HOLDS: Final[dict[Role, Callable[[Caller, Parties], bool]]] = {
    Role.USER: lambda _caller, _parties: True,
    Role.BUYER: lambda caller, parties: caller.user_id == parties.buyer,
    Role.ORGANIZER: lambda caller, parties: caller.user_id in parties.organizers,
    Role.PLATFORM: lambda caller, _parties: Role.PLATFORM in caller.scopes,
    Role.REFUNDER: lambda caller, _parties: Role.REFUNDER in caller.scopes,
    Role.ADMIN: lambda caller, _parties: Role.ADMIN in caller.scopes,
}


def permit(caller: Caller, parties: Parties = NOBODY) -> None:
    """Let the caller go on with this request; ApiError 403 where the table says no."""
    rule = PERMISSIONS[str(request.endpoint)]
    held = {role for role in rule.roles if _HOLDS[role](caller, parties)}
    if not held:
        raise ApiError(HTTPStatus.FORBIDDEN, rule.refusal)
    if rule.moves_money and held == {Role.BUYER} and not _may_pay(caller):
        raise ApiError(HTTPStatus.FORBIDDEN, f"This needs the scope {CHARGES_WRITE}.")


def _may_pay(caller: Caller) -> bool:
    return not caller.scopes or CHARGES_WRITE in caller.scopes
