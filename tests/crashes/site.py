"""The site of a crash: a workshop with an endpoint that is told what happens."""

import uuid
from typing import Any

import jwt
import requests

from local.sandboxed import Sandbox
from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.outbound.signing import new_secret
from shared.repository import endpoints
from tests.outbound.post_office import Receiver
from tests.reconciliation.workshop import Workshop

_LOCAL = {"OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8", "OUTBOUND_ALLOWED_PORTS": "1024-65535"}
_LOCAL |= {"PAYPAL_CERT_HOSTS": "127.0.0.1"}


class Site(Workshop):
    """Everything that somebody may be at who dies; the buyer, the organizer and the platform."""

    def __init__(self, sandbox: Sandbox, database_url: str, receiver: Receiver) -> None:
        connect = {"STRIPE_CONNECT_BASE": sandbox.url}
        signed = {"PAYPAL_CERT_ROOTS": str(sandbox.root_certificate)}
        super().__init__(sandbox.url, database_url, **_LOCAL, **connect, **signed)
        self.receiver = receiver

    def register_receiver(self) -> None:
        """From now on the platform is told."""
        new = endpoints.NewEndpoint(
            uuid.uuid4(), self.receiver.url, (), self.deps.vault.seal(new_secret())
        )
        with unit_of_work(self.deps.engine) as connection:
            endpoints.store_endpoint(connection, new, self.clock())

    def limit(self, provider: Provider) -> None:
        """Let those who die here keep to a limit of the provider's, without a Redis."""
        self.settings |= {f"{provider}_rate_limit": "5", "redis_url": "redis://127.0.0.1:1/0"}

    def is_let_in(self, account: str) -> bool:
        """Whether Stripe lets the platform act for the account."""
        answer = requests.get(
            f"{self.deps.settings.stripe_api_base}/v1/events",
            headers={
                "Authorization": f"Bearer {self.keys.STRIPE_API_KEY}",
                "Stripe-Account": account,
            },
            timeout=30,
        )
        return answer.ok

    def headers(self, user: str, **claims: Any) -> dict[str, str]:
        """What a request of that user's carries."""
        claims |= {"sub": user, "exp": 2**33}
        return {
            "Authorization": f"Bearer {jwt.encode(claims, self.keys.JWT_SECRET, 'HS256')}",
            "Content-Type": "application/vnd.api+json",
        }
