"""Endpoints, outbound events, deliveries as documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Response, request, url_for

from api_shim.cursor import page_link, read_cursor
from api_shim.jsonapi import resource, respond
from api_shim.schemas.outbound_events import Page
from shared.repository.endpoints import Endpoint
from shared.repository.outbound_views import AttemptView, DeliveryView, EventView


@dataclass(frozen=True, slots=True)
class PageOf:
    """Which part of a list is asked for; one row more than is shown tells of a next page."""

    size: int
    before: int | None

    @property
    def most(self) -> int:
        """How many rows to read."""
        return self.size + 1

    def document(self, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The page as a document; the resources stand newest first."""
        shown = list(found[: self.size])
        links: dict[str, str | None] = {"self": request.full_path.rstrip("?"), "next": None}
        if len(found) > self.size:
            links["next"] = page_link(after=int(shown[-1]["id"]))
        return {"data": shown, "links": links}


def page_of(query: Page) -> PageOf:
    """The part that a query asks for."""
    return PageOf(query.size, read_cursor(query.after))


def present_endpoint(endpoint: Endpoint, secret: str | None = None) -> dict[str, Any]:
    """An endpoint as a resource object; its secret only where it was just made."""
    attributes: dict[str, object] = {
        "identifier": str(endpoint.identifier),
        "url": endpoint.url,
        "event-types": endpoint.event_types,
        "status": endpoint.status,
        "disabled-reason": endpoint.disabled_reason,
        "failures": endpoint.failures,
        "failing-since": _instant(endpoint.failing_since),
        "created-at": _instant(endpoint.created_at),
        "updated-at": _instant(endpoint.updated_at),
    }
    attributes |= {"secret": secret} if secret else {}
    links = {"self": url_for("webhook_endpoints.get_endpoint", webhook_endpoint=endpoint.id)}
    return resource("webhook-endpoint", endpoint.id, attributes, links=links)


def present_event(event: EventView) -> dict[str, Any]:
    """An outbound event as a resource object."""
    attributes = {
        "identifier": str(event.identifier),
        "event-type": event.event_type,
        "data": event.payload,
        "created-at": _instant(event.created_at),
    }
    links = {"self": url_for("outbound_events.get_outbound_event", outbound_event=event.id)}
    document = resource("outbound-event", event.id, attributes, links=links)
    order = None if event.order_id is None else {"type": "order", "id": str(event.order_id)}
    return document | {"relationships": {"order": {"data": order}}}


def accepted(event: EventView) -> Response:
    """The answer where an event is about to be told."""
    document = present_event(event)
    headers = {"Location": document["links"]["self"], "Retry-After": "1"}
    return respond({"data": document}, HTTPStatus.ACCEPTED, headers)


def present_delivery(delivery: DeliveryView) -> dict[str, Any]:
    """A delivery as a resource object."""
    attributes = {
        "event-identifier": str(delivery.event_identifier),
        "event-type": delivery.event_type,
        "status": delivery.status,
        "next-attempt-at": _instant(delivery.next_attempt_at),
        "created-at": _instant(delivery.created_at),
        "finished-at": _instant(delivery.finished_at),
        "attempts": [_attempt(attempt) for attempt in delivery.attempts],
    }
    event = url_for("outbound_events.get_outbound_event", outbound_event=delivery.event_id)
    related = {"event": ("outbound-event", delivery.event_id)}
    return resource(
        "webhook-delivery", delivery.id, attributes, links={"related": event}, related=related
    )


def _attempt(attempt: AttemptView) -> dict[str, object]:
    return {
        "number": attempt.number,
        "started-at": _instant(attempt.started_at),
        "status-code": attempt.status_code,
        "latency-ms": attempt.latency_ms,
        "error": attempt.error,
    }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
