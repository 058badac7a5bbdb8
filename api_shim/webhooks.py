"""The webhook routes: verify the raw bytes, store them once, answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Final

import structlog
from flask import Response, request
from sqlalchemy import Connection

from api_shim import runtime
from api_shim.door import Answers, Routes
from api_shim.errors import ApiError
from api_shim.reading import read_body
from shared import metrics
from shared.crash_points import CrashPoint, reached
from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.domain.errors import ForgedWebhook, SignatureUnverifiable
from shared.providers.base import PaymentProvider, ProviderEvent
from shared.providers.connect import AccountConnector
from shared.repository.inbox import store_event, store_ignored

routes = Routes("webhooks", __name__)
log = structlog.get_logger()

LARGEST_EVENT: Final = 1024 * 1024
"""Bytes; providers send a few kilobytes."""

Store = Callable[[Connection, Provider, ProviderEvent, bytes, datetime], bool]

_ANSWERS: Final[Answers] = dict.fromkeys((200, 400, 404, 413, 429, 503))


@routes.public_door(
    "POST",
    "/webhooks/stripe",
    summary="An event of Stripe's, proven by its Stripe-Signature",
    answers=_ANSWERS,
    media_type="application/json",
)
def stripe() -> Response:
    """Take an event of Stripe's."""
    event, body = _verified(Provider.STRIPE, runtime.deps().providers.get(Provider.STRIPE))
    return _stored(Provider.STRIPE, event, body, store_event)


@routes.public_door(
    "POST",
    "/webhooks/stripe/connect",
    summary="An event of a connected account's, proven by its Stripe-Signature",
    answers=_ANSWERS,
    media_type="application/json",
)
def stripe_connect() -> Response:
    """Take an event of an organizer's account; those of the other mode nobody handles."""
    deps = runtime.deps()
    event, body = _verified(Provider.STRIPE, deps.connector)
    is_ours = event.livemode == deps.livemode(Provider.STRIPE)
    return _stored(Provider.STRIPE, event, body, store_event if is_ours else store_ignored)


@routes.public_door(
    "POST",
    "/webhooks/paypal",
    summary="An event of PayPal's, proven by its PayPal-Transmission-Sig",
    answers=_ANSWERS,
    media_type="application/json",
)
def paypal() -> Response:
    """Take an event of PayPal's."""
    event, body = _verified(Provider.PAYPAL, runtime.deps().providers.get(Provider.PAYPAL))
    return _stored(Provider.PAYPAL, event, body, store_event)


def _verified(
    name: Provider, verifier: PaymentProvider | AccountConnector | None
) -> tuple[ProviderEvent, bytes]:
    body = read_body(LARGEST_EVENT)
    if verifier is None:
        raise ApiError(HTTPStatus.NOT_FOUND, f"{name} is not configured.")
    try:
        return verifier.verify(dict(request.headers), body), body
    except ForgedWebhook as forged:
        metrics.WEBHOOKS_RECEIVED.labels(name, "refused").inc()
        log.warning("webhook.refused", provider=name.value, reason=str(forged))
        raise ApiError(HTTPStatus.BAD_REQUEST, "The webhook could not be verified.") from None
    except SignatureUnverifiable as away:
        metrics.WEBHOOKS_RECEIVED.labels(name, "unverifiable").inc()
        log.warning("webhook.unverifiable", provider=name.value, reason=str(away))
        detail = "The webhook cannot be verified now. Send it again."
        headers = {"Retry-After": "30"}
        raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=headers) from None


def _stored(name: Provider, event: ProviderEvent, body: bytes, store: Store) -> Response:
    deps = runtime.deps()
    with unit_of_work(deps.engine) as connection:
        is_new = store(connection, name, event, body, deps.clock())
    reached(CrashPoint.EVENT_STORED)
    metrics.WEBHOOKS_RECEIVED.labels(name, "new" if is_new else "duplicate").inc()
    log.info("webhook.stored", provider=name.value, event_id=event.event_id, is_new=is_new)
    return Response(status=HTTPStatus.OK)
