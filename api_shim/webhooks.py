"""The webhook routes: verify the raw bytes, store them once, answer."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import structlog
from flask import Response, request

from api_shim import runtime
from api_shim.door import Answers, Routes
from api_shim.errors import ApiError
from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.domain.errors import ForgedWebhook, SignatureUnverifiable
from shared.repository.inbox import store_event

routes = Routes("webhooks", __name__)
log = structlog.get_logger()

LARGEST_EVENT: Final = 1024 * 1024
"""Bytes; providers send a few kilobytes."""

_ANSWERS: Final[Answers] = {200: None, 400: None, 404: None, 413: None, 503: None}


@routes.public_door(
    "POST",
    "/webhooks/stripe",
    summary="An event of Stripe's, proven by its Stripe-Signature",
    answers=_ANSWERS,
    media_type="application/json",
)
def stripe() -> Response:
    """Take an event of Stripe's."""
    return _receive(Provider.STRIPE)


@routes.public_door(
    "POST",
    "/webhooks/paypal",
    summary="An event of PayPal's, proven by its PayPal-Transmission-Sig",
    answers=_ANSWERS,
    media_type="application/json",
)
def paypal() -> Response:
    """Take an event of PayPal's."""
    return _receive(Provider.PAYPAL)


def _receive(name: Provider) -> Response:
    request.max_content_length = LARGEST_EVENT
    body, deps = request.get_data(cache=False), runtime.deps()
    provider = deps.providers.get(name)
    if provider is None:
        raise ApiError(HTTPStatus.NOT_FOUND, f"{name} is not configured.")
    try:
        event = provider.verify(dict(request.headers), body)
    except ForgedWebhook as forged:
        log.warning("webhook.refused", provider=name, reason=str(forged))
        raise ApiError(HTTPStatus.BAD_REQUEST, "The webhook could not be verified.") from None
    except SignatureUnverifiable as away:
        log.warning("webhook.unverifiable", provider=name, reason=str(away))
        detail = "The webhook cannot be verified now. Send it again."
        headers = {"Retry-After": "30"}
        raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=headers) from None
    with unit_of_work(deps.engine) as connection:
        is_new = store_event(connection, name, event, body, deps.clock())
    log.info("webhook.stored", provider=name, event_id=event.event_id, is_new=is_new)
    return Response(status=HTTPStatus.OK)
