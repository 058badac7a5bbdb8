"""What a Stripe webhook says, how it is signed."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sandbox.faults import Fault
from sandbox.reply import Json
from sandbox.stripe.telling import API_VERSION, PROVIDER, told_again
from sandbox.tenants import new_id
from sandbox.webhook_parts import Endpoint, Event, Parcel, World

MINUTE, HOUR = 60.0, 3600.0
RETRY_DELAYS = (5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, *[12 * HOUR] * 4)
OVERSIZED = 2 * 1024 * 1024

Body = Callable[[Event, Json, Fault], bytes]
Signer = Callable[[str, bytes, Fault], str]


@dataclass(frozen=True, slots=True)
class StripeCourier:
    """Packs Stripe events; retries over three days."""

    provider: str = PROVIDER
    retry_delays: tuple[float, ...] = field(default=RETRY_DELAYS)

    def pack(self, _: World, event: Event, endpoint: Endpoint, tamper: Fault | None) -> Parcel:
        """Return the signed request, falsified as `tamper` wants."""
        fault = tamper or Fault("")
        version = endpoint.details.get("api_version") or API_VERSION
        told = event.body | {"api_version": version, "pending_webhooks": 1}
        body = BODIES.get(fault.name, _plain)(event, told, fault)
        signature = SIGNERS.get(fault.name, _signed)(endpoint.secret, body, fault)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature,
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        return Parcel(body, headers)

    def reissue(self, world: World, event: Event) -> Event:
        """Return the same fact under a new event id."""
        return told_again(world, event)


def v1_signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return the hex HMAC that Stripe calls v1."""
    return hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest()


def _dumped(body: Json) -> bytes:
    return json.dumps(body, indent=2, ensure_ascii=False).encode()


def _plain(_: Event, told: Json, __: Fault) -> bytes:
    return _dumped(told)


def _changed(_: Event, told: Json, __: Fault, **members: Any) -> bytes:  # noqa: ANN401 — JSON
    return _dumped(told | members)


def _stale(event: Event, told: Json, _: Fault) -> bytes:
    return _dumped(told | {"data": (event.stale_body or event.body)["data"]})


def _old_version(_: Event, told: Json, fault: Fault) -> bytes:
    """Render as years ago: a charge still embeds its refunds, an intent its charges."""
    version = fault.arguments.get("api_version", "2016-03-07; orders_beta=v3")
    empty = {"object": "list", "data": [], "has_more": False, "url": "/v1/refunds"}
    legacy = {"charges": empty} if "client_secret" in told["data"]["object"] else {}
    thing = told["data"]["object"] | {"refunds": empty} | legacy
    return _dumped(told | {"api_version": version, "data": {"object": thing}})


def _oversized(_: Event, told: Json, fault: Fault) -> bytes:
    return _dumped(told | {"ballast": "x" * int(fault.arguments.get("bytes", OVERSIZED))})


def _invalid_utf8(_: Event, told: Json, __: Fault) -> bytes:
    return _dumped(told).replace(b'"object": "event"', b'"object": "ev\xff\xfeent"', 1)


def _thin(_: Event, told: Json, __: Fault) -> bytes:
    thing = told["data"]["object"]
    related = {"id": thing["id"], "type": thing["object"], "url": f"/v1/{thing['id']}"}
    return _dumped(
        {
            "id": new_id("evt_test_"),
            "object": "v2.core.event",
            "type": f"v1.{told['type']}",
            "created": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(told["created"])),
            "livemode": False,
            "related_object": related,
        }
    )


def _unknown_type(_: Event, told: Json, __: Fault) -> bytes:
    return _dumped(told | {"id": new_id("evt_3"), "type": "payment_intent.teleported"})


def _foreign(_: Event, told: Json, fault: Fault) -> bytes:
    account = fault.arguments.get("account", "acct_1ForeignAccount")
    return _dumped(told | {"id": new_id("evt_3"), "account": account})


def _signed(secret: str, body: bytes, _: Fault) -> str:
    return _signed_at(secret, body, 0.0)


def _signed_at(secret: str, body: bytes, shift: float) -> str:
    # The receiver judges freshness by the machine's clock, so virtual time has no place here.
    timestamp = int(time.time() + shift)
    return f"t={timestamp},v1={v1_signature(secret, timestamp, body)}"


def _shifted(secret: str, body: bytes, fault: Fault, *, default: float) -> str:
    seconds = float(fault.arguments.get("seconds", abs(default)))
    return _signed_at(secret, body, seconds if default > 0 else -seconds)


def _wrong_secret(_: str, body: bytes, __: Fault) -> str:
    return _signed_at("whsec_of_somebody_else", body, 0.0)


def _two_v1(secret: str, body: bytes, fault: Fault) -> str:
    timestamp, right = _signed(secret, body, fault).split(",")
    wrong = v1_signature("whsec_rolled", int(timestamp[2:]), body)
    return f"{timestamp},v1={wrong},{right}"


def _v0_only(secret: str, body: bytes, fault: Fault) -> str:
    return _signed(secret, body, fault).replace("v1=", "v0=")


def _non_ascii(secret: str, body: bytes, fault: Fault) -> str:
    return _signed(secret, body, fault).replace("v1=", "v1=é")


BODIES: dict[str, Body] = {
    "webhook_stale_snapshot": _stale,
    "webhook_old_api_version": _old_version,
    "webhook_unknown_type": _unknown_type,
    "webhook_oversized_body": _oversized,
    "webhook_invalid_utf8": _invalid_utf8,
    "webhook_thin_event": _thin,
    "webhook_wrong_livemode": partial(_changed, livemode=True),
    "webhook_foreign_account": _foreign,
}
SIGNERS: dict[str, Signer] = {
    "webhook_wrong_secret": _wrong_secret,
    "webhook_old_timestamp": partial(_shifted, default=-3600.0),
    "webhook_future_timestamp": partial(_shifted, default=86400.0),
    "webhook_two_v1": _two_v1,
    "webhook_v0_only": _v0_only,
    "webhook_non_ascii_header": _non_ascii,
}
