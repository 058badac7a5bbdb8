"""The post: both providers' events about charges that wait for them, as signed requests."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, LiteralString

import psycopg2

from benchmarks.charge.ground import Ground
from benchmarks.serving import request
from local.ports import LOOPBACK
from sandbox.paypal.pki import Leaf, new_authority
from sandbox.paypal.signing import Stamp, signature_headers
from sandbox.stripe.courier import v1_signature
from shared.domain.charge import Provider

_WAITING: Final[LiteralString] = """
    WITH placed AS (
        INSERT INTO orders (identifier, event_id, user_id, amount_minor, currency, payment_mode,
                            status, created_at, updated_at)
        SELECT gen_random_uuid(), (SELECT id FROM events WHERE identifier = 'benchmark'), 'buyer',
               1999, 'USD', %(provider)s, 'pending', now(), now()
        FROM generate_series(1, %(count)s) RETURNING *
    ), named AS (
        INSERT INTO instruments (fingerprint, order_id)
        SELECT decode(md5('card' || id), 'hex'), id FROM placed RETURNING *
    )
    INSERT INTO charges (identifier, order_id, provider, status, amount_minor, currency,
                         instrument_fingerprint, provider_reference, attempts, claim_number,
                         deadline_at, created_at, updated_at)
    SELECT gen_random_uuid(), p.id, %(provider)s, 'processing', 1999, 'USD', fingerprint,
           %(prefix)s || p.id, 1, 1, now() + interval '1 day', now(), now()
    FROM placed p JOIN named ON named.order_id = p.id
    RETURNING identifier, (SELECT identifier FROM placed WHERE placed.id = order_id),
              provider_reference, order_id
"""
_PREFIXES: Final = {Provider.STRIPE: "pi_bench", Provider.PAYPAL: "BENCH"}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A charge that its provider settles later."""

    charge: str
    order: str
    reference: str
    order_id: int


def wait_for_events(database: str, provider: Provider, count: int) -> list[Waiting]:
    """So many new charges, submitted and not settled."""
    given = {"provider": provider, "count": count, "prefix": _PREFIXES[provider]}
    with closing(psycopg2.connect(database)) as connection, connection, connection.cursor() as rows:
        rows.execute("SET LOCAL session_replication_role = replica")  # no charge begins like this
        rows.execute(_WAITING, given)
        return [Waiting(*row) for row in rows.fetchall()]


@dataclass(frozen=True)
class Post:
    """Makes what the providers would send; `settings` make a server believe it."""

    ground: Ground
    leaf: Leaf
    cert_url: str
    root: Path

    @property
    def settings(self) -> Mapping[str, str]:
        """What the server has to be given."""
        keys = self.ground.keys
        return {
            **keys.of_providers(),
            "PAYPAL_API_BASE": self.ground.sandbox.url,
            "PAYPAL_MODE": "sandbox",
            "PAYPAL_CERT_ROOTS": str(self.root),
            "PAYPAL_CERT_HOSTS": LOOPBACK,
        }

    def approved(self, provider: Provider, waiting: Waiting) -> bytes:
        """The request that tells of the charge's success."""
        return {Provider.STRIPE: self._stripe, Provider.PAYPAL: self._paypal}[provider](waiting)

    def _stripe(self, waiting: Waiting) -> bytes:
        body = _written(_stripe_event(waiting))
        now = int(time.time())
        signature = v1_signature(self.ground.keys.STRIPE_WEBHOOK_SECRETS, now, body)
        headers = {
            "Content-Type": "application/json",
            "Stripe-Signature": f"t={now},v1={signature}",
        }
        return request("/webhooks/stripe", headers, body)

    def _paypal(self, waiting: Waiting) -> bytes:
        body = _written(_paypal_event(waiting))
        webhook = self.ground.keys.PAYPAL_WEBHOOK_ID
        stamp = Stamp(webhook, datetime.now(UTC), self.leaf, self.cert_url)
        return request("/webhooks/paypal", signature_headers(stamp, body), body)


@contextmanager
def open_post(ground: Ground) -> Iterator[Post]:
    """A post whose PayPal certificates are served for the block."""
    authority = new_authority()
    leaf, root = authority.issue(), ground.folder / "paypal-root.pem"
    root.write_bytes(authority.root.pem)
    with ThreadingHTTPServer((LOOPBACK, 0), partial(_Certificates, leaf.chain_pem)) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        base = f"http://{LOOPBACK}:{server.server_port}/v1/notifications/certs"
        try:
            yield Post(ground, leaf, f"{base}/{leaf.cert_id}", root)
        finally:
            server.shutdown()


class _Certificates(BaseHTTPRequestHandler):
    def __init__(self, chain: bytes, *given: Any) -> None:  # noqa: ANN401 the base's own
        self._chain = chain
        super().__init__(*given)

    def do_GET(self) -> None:
        """Answer with the one certificate."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(self._chain)))
        self.end_headers()
        self.wfile.write(self._chain)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


Json = dict[str, object]


def _stripe_event(waiting: Waiting) -> Json:
    intent = {
        "id": waiting.reference,
        "object": "payment_intent",
        "amount": 1999,
        "amount_received": 1999,
        "currency": "usd",
        "livemode": False,
        "latest_charge": f"ch_{waiting.order_id}",
        "metadata": {"charge": waiting.charge, "order": waiting.order},
        "status": "succeeded",
        "payment_method_types": ["card"],
    }
    return {
        "id": f"evt_{waiting.order_id}",
        "object": "event",
        "type": "payment_intent.succeeded",
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": intent},
    }


def _paypal_event(waiting: Waiting) -> Json:
    capture = {
        "id": f"CAPTURE{waiting.order_id}",
        "status": "COMPLETED",
        "amount": {"currency_code": "USD", "value": "19.99"},
        "custom_id": waiting.order,
        "invoice_id": waiting.charge,
        "supplementary_data": {"related_ids": {"order_id": waiting.reference}},
    }
    return {
        "id": f"WH-{waiting.order_id}",
        "event_type": "PAYMENT.CAPTURE.COMPLETED",
        "create_time": datetime.now(UTC).isoformat(),
        "resource_type": "capture",
        "resource": capture,
    }


def _written(event: Json) -> bytes:
    return json.dumps(event).encode()
