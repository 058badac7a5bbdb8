"""The strict reading of webhook registrations, event queries, verification requests."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.call import Arrival
from sandbox.paypal.instants import parse_instant
from sandbox.paypal.members import Several, Text, demand, members
from sandbox.paypal.order_request import URL
from sandbox.paypal.problems import Detail, invalid

EVENT_TYPES = frozenset(
    """
    * CHECKOUT.ORDER.APPROVED CHECKOUT.ORDER.COMPLETED CHECKOUT.PAYMENT-APPROVAL.REVERSED
    PAYMENT.AUTHORIZATION.CREATED PAYMENT.AUTHORIZATION.VOIDED
    PAYMENT.CAPTURE.COMPLETED PAYMENT.CAPTURE.PENDING PAYMENT.CAPTURE.DENIED
    PAYMENT.CAPTURE.DECLINED PAYMENT.CAPTURE.REFUNDED PAYMENT.CAPTURE.REVERSED
    PAYMENT.REFUND.PENDING PAYMENT.REFUND.FAILED
    PAYMENT.SALE.COMPLETED PAYMENT.SALE.PENDING PAYMENT.SALE.DENIED PAYMENT.SALE.REFUNDED
    PAYMENT.SALE.REVERSED
    CUSTOMER.DISPUTE.CREATED CUSTOMER.DISPUTE.UPDATED CUSTOMER.DISPUTE.RESOLVED
    """.split()
)
_WEBHOOK = members(
    "url event_types",
    url=URL,
    event_types=Several(members("name", name=Text(choices=EVENT_TYPES)), most=500),
)
_EVENT_QUERY = members(
    start_time=Text(64),
    end_time=Text(64),
    event_type=Text(),
    transaction_id=Text(),
    page_size=Text(3, r"\d+"),
    start_id=Text(),
)
_RESEND = members(webhook_ids=Several(Text(50)))
_POSTBACK_TEXTS = (
    "auth_algo",
    "cert_url",
    "transmission_id",
    "transmission_sig",
    "transmission_time",
    "webhook_id",
)
_RAW_EVENT = re.compile(rb'"webhook_event"\s*:\s*')


@dataclass(frozen=True)
class EventQuery:
    """Which events are asked for; None leaves a bound open."""

    start: datetime | None
    end: datetime | None
    event_type: str | None
    transaction_id: str | None
    page_size: int
    start_id: str | None


def read_webhook(body: object) -> tuple[str, list[str]]:
    """Give (url, names of event types)."""
    demand(_WEBHOOK, body)
    assert isinstance(body, dict)
    return body["url"], [event_type["name"] for event_type in body["event_types"]]


def read_event_query(params: Mapping[str, Any]) -> EventQuery:
    """Read the query of the event list; a page holds 10 events unless told."""
    demand(_EVENT_QUERY, dict(params))
    return EventQuery(
        start=read_moment(params, "start_time"),
        end=read_moment(params, "end_time"),
        event_type=params.get("event_type"),
        transaction_id=params.get("transaction_id"),
        page_size=min(int(params.get("page_size", 10)), 300),
        start_id=params.get("start_id"),
    )


def read_moment(params: Mapping[str, Any], name: str) -> datetime | None:
    """Read a moment out of a query, None where it is not given."""
    if name not in params:
        return None
    moment = parse_instant(str(params[name]))
    if moment is None:
        raise invalid(Detail("INVALID_PARAMETER_SYNTAX", f"/{name}", params[name]))
    return moment


def read_resend(body: object) -> list[str] | None:
    """Give the webhooks an event goes to again; None means all of them."""
    demand(_RESEND, body or {})
    assert body is None or isinstance(body, dict)
    return (body or {}).get("webhook_ids")


def read_postback(arrival: Arrival, body: object) -> tuple[dict[str, str], bytes]:
    """Give the texts of a verification request with the event's bytes exactly as they came.

    The signature is over those bytes: parsing the event and writing it anew would break it.
    """
    if not isinstance(body, dict) or "webhook_event" not in body:
        raise invalid(Detail("MISSING_REQUIRED_PARAMETER", "/webhook_event"))
    texts = {name: value for name, value in body.items() if name != "webhook_event"}
    demand(members(" ".join(_POSTBACK_TEXTS), **dict.fromkeys(_POSTBACK_TEXTS, Text(2000))), texts)
    return texts, _raw_event(arrival.body)


def _raw_event(body: bytes) -> bytes:
    begin = _RAW_EVENT.search(body)
    assert begin is not None, "the parsed body has the member"
    text = body[begin.end() :].decode()
    _, length = json.JSONDecoder().raw_decode(text)
    return text[:length].encode()
