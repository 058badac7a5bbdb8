"""PayPal's lists of events and of webhooks (developer.paypal.com/docs/api/webhooks/v1).

A page names the next one by a link, whose host is never followed: only the id in it is taken.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from shared.domain.errors import ForgedWebhook
from shared.providers.base import (
    EventPage,
    JsonObject,
    ListedEvent,
    Unread,
)
from shared.providers.paypal import reading
from shared.providers.paypal.api import PayPalApi
from shared.providers.paypal.events import TYPES, read_envelope
from shared.providers.paypal.failures import CallFailed
from shared.providers.paypal.lookup import unread
from shared.providers.paypal.reading import Unreadable
from shared.providers.webhook_endpoint import WebhookEndpoint

EVENTS: Final = "v1/notifications/webhooks-events"
WEBHOOKS: Final = "v1/notifications/webhooks"
PAGE: Final = 100


def list_events(
    api: PayPalApi, since: datetime, page: str | None, *, livemode: bool
) -> EventPage | Unread:
    """Read a page of the app's events."""
    query = {"page_size": str(PAGE), "start_time": zulu(since)}
    query |= {"start_id": page} if page else {}
    try:
        found = api.read(f"{EVENTS}?{urlencode(query)}")
        told = reading.all_of(found, "events")
        events = tuple(_listed(event, livemode=livemode) for event in told)
        return EventPage(events, _next_page(found))
    except (CallFailed, Unreadable) as failed:
        return unread(failed)


def list_webhook_endpoints(api: PayPalApi) -> tuple[WebhookEndpoint, ...] | Unread:
    """Read the app's webhooks; PayPal allows ten, and knows none that are switched off."""
    try:
        told = reading.all_of(api.read(WEBHOOKS), "webhooks")
        return tuple(_endpoint(webhook) for webhook in told)
    except (CallFailed, Unreadable) as failed:
        return unread(failed)


def zulu(moment: datetime) -> str:
    """An instant as PayPal's queries want it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _endpoint(webhook: JsonObject) -> WebhookEndpoint:
    types = {reading.text(each, "name") for each in reading.several(webhook, "event_types")}
    return WebhookEndpoint(
        id=reading.demand(webhook, "id"),
        url=reading.demand(webhook, "url"),
        is_enabled=True,
        unsubscribed=frozenset() if "*" in types else TYPES - types,
    )


def _listed(event: JsonObject, *, livemode: bool) -> ListedEvent:
    body = json.dumps(event).encode()
    try:
        return ListedEvent(read_envelope(body, livemode=livemode), body)
    except ForgedWebhook:
        raise Unreadable("an event without id, type or time") from None


def _next_page(found: JsonObject) -> str | None:
    link = reading.page(found, "next")
    if link is None:
        return None
    named = parse_qs(urlsplit(link).query).get("start_id", [""])[0]
    if not reading.is_id(named):
        raise Unreadable("a next page without an id")
    return named
