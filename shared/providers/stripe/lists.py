"""Stripe's list of events (docs.stripe.com/api/events/list): thirty days, delivered or not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Final

from stripe import StripeError

from shared.domain.errors import ForgedWebhook
from shared.domain.outcomes import Indeterminate
from shared.providers.base import EventPage, JsonObject, ListedEvent, Unread
from shared.providers.stripe.client import StripeCalls, options_for
from shared.providers.stripe.documents import at, items, text
from shared.providers.stripe.events import TYPES
from shared.providers.stripe.failures import after_read
from shared.providers.stripe.webhooks import read_event

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


def next_page(found: JsonObject) -> str | None:
    """Where a list goes on: after its last object; None where it ends here."""
    match at(found, "object"), at(found, "has_more"), items(found, "data"):
        case "list", False, _:
            return None
        case "list", True, [*_, last] if identifier := text(last, "id"):
            return identifier
        case _:
            raise MalformedPage("no list")


def _listed(event: object, account: str | None) -> ListedEvent:
    body = json.dumps(event).encode()
    read = read_event(body)
    # A connected account's own list does not name the account.
    return ListedEvent(replace(read, account=read.account or account), body)
