"""The making of PayPal's webhook deliveries, genuine or spoiled."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sandbox.faults import Fault
from sandbox.paypal.books import Books
from sandbox.paypal.certificates import CertificateCabinet
from sandbox.paypal.identifiers import event_id
from sandbox.paypal.pki import Leaf
from sandbox.paypal.signing import Stamp, signature_headers
from sandbox.paypal.telling import reissued
from sandbox.reply import Json
from sandbox.webhook_parts import Endpoint, Event, Parcel, World

RETRIES, RETRY_SPAN = 25, timedelta(days=3)
"""Up to 25 times over 3 days [D, P]; how they spread is a choice: ever further apart."""

Restamp = Callable[[CertificateCabinet, Stamp, Fault], Stamp]
Rewrite = Callable[[Event, Fault], Json]


def _spread(count: int, span: timedelta) -> Sequence[float]:
    weights = [step**3 for step in range(1, count + 1)]
    return tuple(span.total_seconds() * weight / sum(weights) for weight in weights)


class PayPalCourier:
    """The `Courier` of PayPal."""

    provider = "paypal"
    retry_delays = _spread(RETRIES, RETRY_SPAN)

    def __init__(self, cabinet: CertificateCabinet) -> None:
        self._cabinet = cabinet

    def pack(self, tenant: World, event: Event, endpoint: Endpoint, tamper: Fault | None) -> Parcel:
        """Sign the event for one attempt; every attempt has a transmission id of its own."""
        fault = tamper or Fault("")
        rewrite = REWRITES.get(fault.name, _as_told)
        body = _written(rewrite(event, fault))
        if fault.name == "webhook_invalid_utf8":
            body = body.replace(b'"summary":"', b'"summary":"\xff\xfe', 1)
        stamp = self._stamp(tenant, endpoint)
        restamp = RESTAMPS.get(fault.name)
        stamp = restamp(self._cabinet, stamp, fault) if restamp else stamp
        headers = {**signature_headers(stamp, body), **EXTRA_HEADERS.get(fault.name, {})}
        if fault.name == "webhook_reserialised":
            body = json.dumps(json.loads(body), sort_keys=True).encode()
        return Parcel(body, headers)

    def reissue(self, tenant: World, event: Event) -> Event:
        """Give the same fact under a new event id, listed like any other."""
        return reissued(tenant.room(Books), event, tenant.clock.now())

    def _stamp(self, tenant: World, endpoint: Endpoint) -> Stamp:
        leaf = self._cabinet.current
        base = tenant.room(Books).base
        at = datetime.fromtimestamp(tenant.clock.now(), UTC)
        return Stamp(endpoint.id, at, leaf, certificate_url(base, leaf.cert_id))


def certificate_url(base: str, cert_id: str) -> str:
    """Give the address a verifier fetches a certificate from."""
    return f"{base}/v1/notifications/certs/{cert_id}"


def _written(body: Mapping[str, object]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _as_told(event: Event, _: Fault) -> Json:
    return event.body


def _stale(event: Event, _: Fault) -> Json:
    return event.stale_body or event.body


def _unknown_type(event: Event, _: Fault) -> Json:
    return event.body | {"id": event_id(), "event_type": "PAYMENT.CAPTURE.TELEPORTED"}


def _oversized(event: Event, fault: Fault) -> Json:
    return event.body | {"ballast": "x" * int(fault.arguments.get("bytes", 2 * 1024 * 1024))}


REWRITES: Mapping[str, Rewrite] = {
    "webhook_stale_snapshot": _stale,
    "webhook_unknown_type": _unknown_type,
    "webhook_oversized_body": _oversized,
}
"""Faults of the body before it is signed."""


def _shifted(stamp: Stamp, seconds: float) -> Stamp:
    return replace(stamp, at=stamp.at + timedelta(seconds=seconds))


def _with_leaf(stamp: Stamp, leaf: Leaf) -> Stamp:
    address = stamp.cert_url.rsplit("/", 1)[0]
    return replace(stamp, leaf=leaf, cert_url=f"{address}/{leaf.cert_id}")


def _at_special(stamp: Stamp, cert_id: str) -> Stamp:
    return replace(stamp, cert_url=stamp.cert_url.replace("CERT-", f"{cert_id}-"))


def _evil_host(_: CertificateCabinet, stamp: Stamp, fault: Fault) -> Stamp:
    evil = certificate_url("https://api.paypal.com.evil.example", stamp.leaf.cert_id)
    return replace(stamp, cert_url=str(fault.arguments.get("url", evil)))


RESTAMPS: Mapping[str, Restamp] = {
    "webhook_wrong_secret": lambda cabinet, stamp, _: replace(stamp, leaf=cabinet.forger),
    "webhook_old_timestamp": lambda _, stamp, fault: _shifted(
        stamp, -float(fault.arguments.get("seconds", 3600))
    ),
    "webhook_future_timestamp": lambda _, stamp, fault: _shifted(
        stamp, float(fault.arguments.get("seconds", 86400))
    ),
    "webhook_wrong_webhook_id": lambda _, stamp, __: replace(stamp, webhook_id="WEBHOOK_ID"),
    "webhook_cert_evil_host": _evil_host,
    "webhook_cert_redirect": lambda _, stamp, __: _at_special(stamp, "CERT-REDIRECT"),
    "webhook_cert_host_down": lambda _, stamp, __: _at_special(stamp, "CERT-DOWN"),
    "webhook_cert_expired": lambda cabinet, stamp, _: _with_leaf(stamp, cabinet.expired),
    "webhook_cert_self_signed": lambda cabinet, stamp, _: _with_leaf(stamp, cabinet.self_signed),
    "webhook_cert_sha1": lambda _, stamp, __: replace(stamp, algorithm="SHA1withRSA"),
    "webhook_cert_rotation": lambda cabinet, stamp, _: _with_leaf(stamp, cabinet.rotate()),
}
"""Faults of the signature; the body is what it would have been."""

EXTRA_HEADERS: Mapping[str, Mapping[str, str]] = {
    "webhook_non_ascii_header": {"PAYPAL-TRANSMISSION-SIG": "gültig"},
}
"""Faults of the headers alone."""
