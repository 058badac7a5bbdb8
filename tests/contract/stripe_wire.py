"""Stripe's answers byte by byte, with an adapter that hears them."""

import json
import socket
import struct
import uuid
from typing import Any

from shared.domain import outcomes as o
from shared.domain.charge import StripeToken
from shared.domain.money import Money
from shared.providers.base import ChargeRequest, FrozenCall
from shared.providers.http import CallLimits
from shared.providers.stripe import StripeConfig, StripeProvider
from tests.contract.wire import Script, reply, serving

LIMITS = CallLimits(connect_timeout=10, read_timeout=30, total_deadline=60)
CHARGE, ORDER = uuid.uuid4(), uuid.uuid4()
PRICE = Money(1999, "USD")
METHOD, TOKEN = StripeToken("pm_card_visa"), StripeToken("tok_visa")
KEY = f"chg-{CHARGE}-1"
METADATA = {"charge": str(CHARGE), "order": str(ORDER)}
CARD = {"brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2031}

STRIPE_CHARGE: dict[str, Any] = {
    "id": "ch_1",
    "object": "charge",
    "amount": 1999,
    "amount_captured": 1999,
    "captured": True,
    "currency": "usd",
    "livemode": False,
    "metadata": METADATA,
    "payment_intent": "pi_1",
    "payment_method_details": {"type": "card", "card": CARD},
    "status": "succeeded",
}
INTENT: dict[str, Any] = {
    "id": "pi_1",
    "object": "payment_intent",
    "amount": 1999,
    "amount_received": 1999,
    "client_secret": "pi_1_secret_1",
    "currency": "usd",
    "latest_charge": STRIPE_CHARGE,
    "livemode": False,
    "metadata": METADATA,
    "status": "succeeded",
}
PAYMENT_METHOD = {"id": "pm_1", "object": "payment_method", "metadata": METADATA}
PAGE = b"<html><body>Bad Gateway</body></html>"
FINAL = "Stripe-Should-Retry: false"
APPROVED = o.Approved(
    reference="pi_1",
    capture_reference="ch_1",
    money=PRICE,
    our_references=frozenset({str(CHARGE), str(ORDER)}),
    livemode=False,
    card=o.Card("card", "visa", "4242", 8, 2031),
)


def answer(body: object, status: str = "200 OK", *headers: str) -> Script:
    """Say it as JSON; bytes are said as they are."""
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda connection: connection.sendall(reply(payload, status, *headers))


def refusal(status: str, *headers: str, **error: object) -> Script:
    """Answer with an error object."""
    return answer({"error": error}, status, *headers)


def adapter(url: str, limits: CallLimits = LIMITS) -> StripeProvider:
    """A Stripe adapter that speaks to that address."""
    config = StripeConfig("sk_test_1", ("whsec_1",), livemode=False, api_base=url, limits=limits)
    return StripeProvider(config)


def freeze(instrument: StripeToken = METHOD, account: str | None = None) -> FrozenCall:
    """The frozen call of the one charge that these tests make."""
    request = ChargeRequest(CHARGE, ORDER, PRICE, instrument, account)
    return adapter("http://127.0.0.1:1").freeze(request)


def charged(script: Script, instrument: StripeToken = METHOD) -> o.Outcome:
    """What the adapter makes of the answers."""
    with serving(script) as (url, _):
        return adapter(url).perform(freeze(instrument), instrument, KEY)


def reset(connection: socket.socket) -> None:
    """Answer with a TCP reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def hang(connection: socket.socket) -> None:
    """Answer nothing until the other side gives up."""
    connection.recv(1)


def raw(data: bytes) -> Script:
    """Say these bytes."""
    return lambda connection: connection.sendall(data)


def intent(**changes: object) -> Script:
    """Answer with the PaymentIntent, changed."""
    return answer(INTENT | changes)
