"""Stripe's lists: of events, delivered or not (docs.stripe.com/api/events/list), of endpoints."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Final

from stripe import StripeError

from shared.domain.errors import ForgedWebhook
from shared.domain.outcomes import Indeterminate
from shared.providers.base import (
    EventPage,
    JsonObject,
    ListedEvent,
    Unread,
)
from shared.providers.stripe.client import StripeCalls, options_for
from shared.providers.stripe.documents import at, items, text
from shared.providers.stripe.events import DEAUTHORIZED, TYPES
from shared.providers.stripe.failures import after_read
from shared.providers.stripe.webhooks import read_event
from shared.providers.webhook_endpoint import WebhookEndpoint

PAGE: Final = 100


class MalformedPage(Exception):
    """What came is no page of a list: nothing of it may pass for all there is."""


def list_events(
    calls: StripeCalls, account: str | None, since: datetime, page: str | None
) -> EventPage | Unread:
    """Read a page of the events that are of interest here."""
    params: JsonObject = {
        "types": TYPES,
        "created": {"gte": int(since.timestamp())},
        "limit": PAGE,
        **({"starting_after": page} if page else {}),
    }
    try:
        found = calls.list_events(params, options_for(account))
        events = tuple(_listed(event, account) for event in items(found, "data"))
        return EventPage(events, next_page(found))
    except StripeError as error:
        return after_read(error)
    except (MalformedPage, ForgedWebhook) as malformed:
        return Indeterminate(f"a page that cannot be read: {malformed}")


def list_webhook_endpoints(
    calls: StripeCalls, *, of_accounts: bool
) -> tuple[WebhookEndpoint, ...] | Unread:
    """Read where events are sent (docs.stripe.com/api/webhook_endpoints/list)."""
    wanted = {*TYPES, DEAUTHORIZED} if of_accounts else {*TYPES}
    try:
        found = calls.list_webhook_endpoints()
        next_page(found)
    except StripeError as error:
        return after_read(error)
    except MalformedPage as malformed:
        return Indeterminate(f"a page that cannot be read: {malformed}")
    return tuple(_endpoint(each, wanted) for each in items(found, "data"))


def next_page(found: JsonObject) -> str | None:
    """Where a list goes on: after its last object; None where it ends here."""
    match at(found, "object"), at(found, "has_more"), items(found, "data"):
        case "list", False, _:
            return None
        case "list", True, [*_, last] if identifier := text(last, "id"):
            return identifier
        case _:
            raise MalformedPage("no list")


def _endpoint(told: object, wanted: set[str]) -> WebhookEndpoint:
    types = {each for each in items(told, "enabled_events") if isinstance(each, str)}
    return WebhookEndpoint(
        id=text(told, "id") or "",
        url=text(told, "url") or "",
        is_enabled=text(told, "status") == "enabled",
        unsubscribed=frozenset() if "*" in types else frozenset(wanted - types),
    )


def _listed(event: object, account: str | None) -> ListedEvent:
    body = json.dumps(event).encode()
    read = read_event(body)
    # A connected account's own list does not name the account.
    return ListedEvent(replace(read, account=read.account or account), body)
