"""The site of a crash: a workshop with an endpoint that is told what happens."""

import uuid
from typing import Any

import jwt

from shared.db import unit_of_work
from shared.outbound.signing import new_secret
from shared.repository import endpoints
from tests.outbound.post_office import Receiver
from tests.reconciliation.workshop import Workshop

_LOCAL = {"OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8", "OUTBOUND_ALLOWED_PORTS": "1024-65535"}


class Site(Workshop):
    """Everything that somebody may be at who dies; the buyer, the organizer and the platform."""

    def __init__(self, sandbox_url: str, database_url: str, receiver: Receiver) -> None:
        connect = {"STRIPE_CONNECT_BASE": sandbox_url}
        super().__init__(sandbox_url, database_url, **_LOCAL, **connect)
        self.receiver = receiver

    def register_receiver(self) -> None:
        """From now on the platform is told."""
        new = endpoints.NewEndpoint(
            uuid.uuid4(), self.receiver.url, (), self.deps.vault.seal(new_secret())
        )
        with unit_of_work(self.deps.engine) as connection:
            endpoints.store_endpoint(connection, new, self.clock())

    def headers(self, user: str, **claims: Any) -> dict[str, str]:
        """What a request of that user's carries."""
        claims |= {"sub": user, "exp": 2**33}
        return {
            "Authorization": f"Bearer {jwt.encode(claims, self.keys.JWT_SECRET, 'HS256')}",
            "Content-Type": "application/vnd.api+json",
        }
