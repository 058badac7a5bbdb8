"""A merchant who speaks to the sandbox through the real stripe SDK."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import stripe

from sandbox.client import SandboxControl

Json = dict[str, Any]


@dataclass(frozen=True)
class Shop:
    """One merchant: the SDK's `client`, besides `control` over buyers and time."""

    url: str
    key: str
    client: stripe.StripeClient
    control: SandboxControl

    @property
    def api(self) -> Any:
        """The SDK's v1 services; untyped, for some tests send what its types forbid."""
        return self.client.v1

    def params(self, method: str = "pm_card_visa", amount: int = 1999, **more: Any) -> Json:
        """What an unattended worker sends."""
        asked = {"amount": amount, "currency": "usd", "payment_method": method, "confirm": True}
        return {**asked, "payment_method_types": ["card"], "off_session": True, **more}

    def pay(self, method: str = "pm_card_visa", key: str | None = None, **more: Any) -> Any:
        """Create and confirm a PaymentIntent, under a key if given."""
        return self.api.payment_intents.create(self.params(method, **more), options(key))

    def token(self, number: str = "4242424242424242") -> str:
        """Mint a single-use token, as Stripe.js does for a card."""
        card = {"number": number, "exp_month": "12", "exp_year": "2034", "cvc": "123"}
        return str(self.api.tokens.create({"card": card}).id)

    def told(self, *types: str) -> list[Json]:
        """List the events told so far, oldest first."""
        asked: Json = {"limit": 100} | ({"types": list(types)} if types else {})
        return [event.to_dict() for event in self.api.events.list(asked).data][::-1]

    def movements(self, *kinds: str) -> list[int]:
        """Give the ledger's amounts of some kinds, oldest first."""
        return [row["amount_minor"] for row in self.control.ledger() if row["kind"] in kinds]

    def close(self) -> None:
        """Close the control connection."""
        self.control.close()


def open_shop(url: str, timeout: float = 30.0) -> Shop:
    """Open a shop nobody else has; the SDK waits `timeout` seconds for each answer."""
    key = f"sk_test_{uuid.uuid4().hex}"
    return Shop(url, key, client_for(url, key, timeout), SandboxControl(url, key))


def client_for(url: str, key: str, timeout: float = 30.0) -> stripe.StripeClient:
    """Point the SDK at the sandbox, without retries of its own."""
    stripe.enable_telemetry = False
    return stripe.StripeClient(
        key,
        base_addresses={"api": url, "connect": url},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=timeout),
    )


def options(key: str | None) -> Json:
    """Per-request options with an idempotency key."""
    return {} if key is None else {"idempotency_key": key}


def error_of(refused: stripe.StripeError) -> Any:
    """The error object of an exception."""
    return refused.error


def headers_of(answer: Any) -> dict[str, str]:
    """The headers of an answer, or of an exception."""
    seen: Mapping[str, str] = (
        answer.headers if isinstance(answer, stripe.StripeError) else answer.last_response.headers
    ) or {}
    return dict(seen)
