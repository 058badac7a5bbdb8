"""The proof that a webhook comes from Stripe (docs.stripe.com/webhooks, signatures by hand).

The SDK's own check lets any timestamp of the future pass, knows one secret only, and answers some
forgeries with other exceptions than its own.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from shared.domain.errors import ForgedWebhook
from shared.providers.base import ProviderEvent
from shared.providers.stripe.config import StripeConfig
from shared.providers.stripe.documents import at, text, whole

TOLERANCE: Final = timedelta(minutes=5)
LARGEST_BODY: Final = 1024 * 1024
LARGEST_HEADER: Final = 2048
_NAME: Final = re.compile(r"[\x21-\x7e]{1,255}")


def verify(
    config: StripeConfig, headers: Mapping[str, str], body: bytes, now: datetime
) -> ProviderEvent:
    """Check signature, age, mode and shape; ForgedWebhook for anything amiss."""
    event = _signed_event(config.webhook_secrets, headers, body, now)
    if event.livemode != config.livemode:
        raise ForgedWebhook(f"livemode is {event.livemode}")
    return event


def verify_connected(
    config: StripeConfig, headers: Mapping[str, str], body: bytes, now: datetime
) -> ProviderEvent:
    """Check an event of a connected account, whose mode is not ours to choose.

    One without an account would speak of the platform's own, which these secrets do not prove.
    """
    event = _signed_event(config.connect_webhook_secrets, headers, body, now)
    if event.account is None:
        raise ForgedWebhook("an event of no connected account")
    return event


def _signed_event(
    secrets: tuple[str, ...], headers: Mapping[str, str], body: bytes, now: datetime
) -> ProviderEvent:
    if len(body) > LARGEST_BODY:
        raise ForgedWebhook(f"a body of {len(body)} bytes")
    signed_at, signatures = _parts(_signature_header(headers))
    if not any(_is_signed_with(secret, signed_at, body, signatures) for secret in _usable(secrets)):
        raise ForgedWebhook("no signature by any of our secrets")
    if abs(now.timestamp() - int(signed_at)) > TOLERANCE.total_seconds():
        raise ForgedWebhook(f"signed at {int(signed_at)}, outside the tolerance")
    return read_event(body)


def _signature_header(headers: Mapping[str, str]) -> bytes:
    found = [value for name, value in headers.items() if name.lower() == "stripe-signature"]
    if len(found) != 1 or len(found[0]) > LARGEST_HEADER:
        raise ForgedWebhook("no usable Stripe-Signature header")
    return found[0].encode("utf-8", "replace")


def _parts(header: bytes) -> tuple[bytes, list[bytes]]:
    pairs = [item.strip().split(b"=", 1) for item in header.split(b",")]
    named = [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]  # noqa: PLR2004 name and value
    times = [value for name, value in named if name == b"t"]
    if len(times) != 1 or not times[0].isdigit() or len(times[0]) > len(b"9999999999"):
        raise ForgedWebhook("no usable timestamp")
    return times[0], [value for name, value in named if name == b"v1"]


def _usable(secrets: tuple[str, ...]) -> list[str]:
    # An empty secret would let everybody sign.
    return [secret for secret in secrets if secret.strip()]


def _is_signed_with(secret: str, signed_at: bytes, body: bytes, signatures: list[bytes]) -> bool:
    digest = hmac.new(secret.encode(), signed_at + b"." + body, hashlib.sha256)
    expected = digest.hexdigest().encode()
    return any(hmac.compare_digest(expected, signature) for signature in signatures)


def read_event(body: bytes) -> ProviderEvent:
    """Read what every snapshot event has; ForgedWebhook for what is none."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise ForgedWebhook("well signed, but no JSON") from None
    event_id, event_type = _name(event, "id"), _name(event, "type")
    created, livemode = whole(event, "created"), at(event, "livemode")
    if at(event, "object") != "event" or not isinstance(at(event, "data", "object"), dict):
        raise ForgedWebhook("well signed, but no snapshot event")
    is_named = event_id and event_type and (_name(event, "account") or not at(event, "account"))
    if not is_named or created is None or not isinstance(livemode, bool):
        raise ForgedWebhook("well signed, but not shaped like an event")
    return ProviderEvent(
        event_id=event_id,
        event_type=event_type,
        account=_name(event, "account") or None,
        livemode=livemode,
        created_at=_instant(created),
    )


def _name(event: object, member: str) -> str:
    found = text(event, member) or ""
    return found if _NAME.fullmatch(found) else ""


def _instant(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise ForgedWebhook(f"created at {seconds}") from None
