"""The Webhooks v1 API: listeners, the list of events, the postback verification."""

import base64
import binascii
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox.call import Call
from sandbox.paypal.arrivals import parameters
from sandbox.paypal.books import books_of, moment
from sandbox.paypal.certificates import CertificateCabinet
from sandbox.paypal.identifiers import transaction_id
from sandbox.paypal.links import link
from sandbox.paypal.notification_request import (
    EventQuery,
    read_event_query,
    read_postback,
    read_resend,
    read_webhook,
)
from sandbox.paypal.objects import Json
from sandbox.paypal.problems import Detail, invalid, not_found
from sandbox.paypal.signing import signed_text
from sandbox.reply import Reply, json_reply
from sandbox.tenants import Tenant
from sandbox.webhook_parts import Endpoint, Event

RETENTION = timedelta(days=30)


def create_webhook(call: Call) -> Reply:
    """POST /v1/notifications/webhooks."""
    url, event_types = read_webhook(parameters(call.arrival))
    if any(endpoint.url == url for endpoint in _listeners(call.tenant)):
        raise invalid(Detail("WEBHOOK_URL_ALREADY_EXISTS"))
    return json_reply(_shown(call, register(call.tenant, url, event_types)), 201)


def register(
    tenant: Tenant, url: str, event_types: Iterable[str], webhook_id: str | None = None
) -> Endpoint:
    """Add a listener, under a chosen id if there is one."""
    endpoint = Endpoint(
        id=webhook_id or transaction_id(),
        provider="paypal",
        url=url,
        enabled_events=tuple(event_types),
    )
    tenant.webhooks.endpoints[endpoint.id] = endpoint
    return endpoint


def list_webhooks(call: Call) -> Reply:
    """GET /v1/notifications/webhooks."""
    return json_reply({"webhooks": [_shown(call, found) for found in _listeners(call.tenant)]})


def show_webhook(call: Call) -> Reply:
    """GET /v1/notifications/webhooks/{id}."""
    return json_reply(_shown(call, _listener(call)))


def delete_webhook(call: Call) -> Reply:
    """DELETE /v1/notifications/webhooks/{id}."""
    del call.tenant.webhooks.endpoints[_listener(call).id]
    return Reply(204, b"")


def list_events(call: Call) -> Reply:
    """GET /v1/notifications/webhooks-events: newest first, thirty days, delivered or not."""
    query = read_event_query(call.params)
    found = [event for event in _kept(call) if _fits(event, query)]
    begin = next((i for i, event in enumerate(found) if event.id == query.start_id), 0)
    page, rest = found[begin:][: query.page_size], found[begin:][query.page_size :]
    own = f"{books_of(call).base}/v1/notifications/webhooks-events"
    links = [link(f"{own}?{urlencode(call.params)}", "self")]
    if rest:
        links.append(link(f"{own}?{urlencode(call.params | {'start_id': rest[0].id})}", "next"))
    return json_reply(
        {"events": [event.body for event in page], "count": len(page), "links": links}
    )


def show_event(call: Call) -> Reply:
    """GET /v1/notifications/webhooks-events/{id}."""
    return json_reply(_event(call).body)


def resend_event(call: Call) -> Reply:
    """POST /v1/notifications/webhooks-events/{id}/resend: 202, then a delivery of its own."""
    wanted = read_resend(parameters(call.arrival))
    event = _event(call)
    for endpoint in _listeners(call.tenant):
        if wanted is None or endpoint.id in wanted:
            call.tenant.webhooks.resend(event, endpoint)
    return json_reply(event.body, 202)


def verify_signature(call: Call, cabinet: CertificateCabinet) -> Reply:
    """POST /v1/notifications/verify-webhook-signature."""
    texts, raw = read_postback(call.arrival, parameters(call.arrival))
    genuine = _is_genuine(call, texts, raw, cabinet)
    answer = {"verification_status": "SUCCESS" if genuine else "FAILURE"}
    return json_reply(answer, storable=False)


def _is_genuine(call: Call, texts: dict[str, str], raw: bytes, cabinet: CertificateCabinet) -> bool:
    leaf = cabinet.find(urlsplit(texts["cert_url"]).path.rsplit("/", 1)[-1])
    known = texts["webhook_id"] in {endpoint.id for endpoint in _listeners(call.tenant)}
    if leaf is None or not known or texts["auth_algo"] != "SHA256withRSA":
        return False
    signed = signed_text(
        texts["transmission_id"], texts["transmission_time"], texts["webhook_id"], raw
    )
    try:
        signature = base64.b64decode(texts["transmission_sig"], validate=True)
        key = leaf.identity.key.public_key()
        key.verify(signature, signed, padding.PKCS1v15(), SHA256())
    except (binascii.Error, InvalidSignature):
        return False
    return True


def _listeners(tenant: Tenant) -> list[Endpoint]:
    return [found for found in tenant.webhooks.endpoints.values() if found.provider == "paypal"]


def _listener(call: Call) -> Endpoint:
    found = call.tenant.webhooks.endpoints.get(call.route["id"])
    if found is None or found.provider != "paypal":
        raise not_found()
    return found


def _shown(call: Call, endpoint: Endpoint) -> Json:
    own = f"{books_of(call).base}/v1/notifications/webhooks/{endpoint.id}"
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "event_types": [{"name": name, "status": "ENABLED"} for name in endpoint.enabled_events],
        "links": [link(own, "self"), link(own, "delete", "DELETE")],
    }


def _kept(call: Call) -> list[Event]:
    oldest = moment(call) - RETENTION
    events = reversed(books_of(call).events.values())
    return [event for event in events if _created(event) >= oldest]


def _event(call: Call) -> Event:
    found = next((event for event in _kept(call) if event.id == call.route["id"]), None)
    if found is None:
        raise not_found()
    return found


def _fits(event: Event, query: EventQuery) -> bool:
    created = _created(event)
    return all(
        (
            query.start is None or created >= query.start,
            query.end is None or created <= query.end,
            query.event_type in (None, event.type),
            query.transaction_id is None or query.transaction_id in _mentioned(event.body),
        )
    )


def _created(event: Event) -> datetime:
    return datetime.fromtimestamp(event.created, UTC)


def _mentioned(body: dict[str, Any]) -> set[str]:
    resource = body["resource"]
    disputed = resource.get("disputed_transactions", [])
    own = {resource.get("id"), resource.get("sale_id"), resource.get("dispute_id")}
    return own | {transaction["seller_transaction_id"] for transaction in disputed}
