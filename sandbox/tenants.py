"""Who the sandbox plays for: every key has a world of its own."""

import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sandbox.clock import VirtualClock
from sandbox.faults import FaultRules
from sandbox.idempotency import IdempotencyStore
from sandbox.ledger import Ledger
from sandbox.postman import Postman
from sandbox.requests_log import RequestLog
from sandbox.settings import TenantSettings
from sandbox.webhook_parts import Courier, Room
from sandbox.webhooks import Webhooks


class Tenant:
    """One caller's world: objects, keys, clock, faults, webhooks, log.

    A provider keeps its objects in a room of its own: `tenant.room(StripeBooks)` makes the room
    with `StripeBooks()` on first use, `reset` empties all rooms. `name` is derived from the key
    without giving it away.
    """

    def __init__(
        self, name: str, ledger: Ledger, couriers: Mapping[str, Courier], postman: Postman
    ) -> None:
        self.name = name
        self.ledger = ledger
        self.settings = TenantSettings()
        self.clock = VirtualClock()
        self.random = random.Random(name)
        self.idempotency = IdempotencyStore()
        self.requests = RequestLog()
        self.faults = FaultRules(self.clock.now, self.random)
        self.magic_spent: set[str] = set()
        self.webhooks = Webhooks(self, couriers, postman)
        self._rooms: dict[type[Any], Any] = {}

    def room(self, kind: type[Room]) -> Room:
        """Return this tenant's one instance of a class, made without arguments on first use."""
        if kind not in self._rooms:
            self._rooms[kind] = kind()
        room: Room = self._rooms[kind]
        return room

    def reset(self, seed: int | None = None) -> None:
        """Begin a new world under the same key; the ledger turns a page, forgets nothing."""
        self.clock.reset()
        self.webhooks.close()
        self.idempotency.records.clear()
        self.requests.lines.clear()
        self.faults.rules.clear()
        self.magic_spent.clear()
        self._rooms.clear()
        self.settings = TenantSettings()
        self.random.seed(f"{self.name}:{seed or 0}")
        self.ledger.turn_page(self.name)


def new_id(prefix: str, length: int = 24) -> str:
    """Return a fresh id: the prefix, then letters or digits; unique across resets too."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return prefix + "".join(secrets.choice(alphabet) for _ in range(length))


def publishable_key(stripe_key: str) -> str:
    """Return the publishable key that goes with a secret one, the same in every run."""
    return "pk_test_" + sha256(stripe_key.encode()).hexdigest()[:24]


@dataclass(slots=True)
class Tenants:
    """All tenants, found by a Stripe key or by a PayPal client id."""

    ledger: Ledger
    couriers: Mapping[str, Courier]
    postman: Postman
    by_stripe_key: dict[str, Tenant] = field(default_factory=dict)
    by_paypal_client: dict[str, Tenant] = field(default_factory=dict)
    paypal_secrets: dict[str, str] = field(default_factory=dict)
    stripe_owners: dict[str, str] = field(default_factory=dict)
    """Stripe's secret keys by the publishable keys that go with them."""

    def of_stripe(self, key: str) -> Tenant:
        """Return the tenant of a Stripe key, made on first use."""
        if key not in self.by_stripe_key:
            self.know(key, self._make(key))
        return self.by_stripe_key[key]

    def know(self, key: str, tenant: Tenant, publishable: str | None = None) -> None:
        """Let a Stripe key open a tenant's world, with the publishable key that goes with it."""
        self.by_stripe_key[key] = tenant
        self.stripe_owners[publishable or publishable_key(key)] = key

    def owner_of(self, publishable: str) -> str | None:
        """Return the secret key that a publishable one goes with; None when none does."""
        return self.stripe_owners.get(publishable)

    def of_paypal(self, client_id: str, secret: str | None = None) -> Tenant | None:
        """Return the tenant of a PayPal client, made on first use, which also fixes its secret.

        None when the secret is not the fixed one. Without `secret` (control API) it is not asked.
        """
        if client_id not in self.by_paypal_client:
            self.by_paypal_client[client_id] = self._make(client_id)
        if secret is not None and self.paypal_secrets.setdefault(client_id, secret) != secret:
            return None
        return self.by_paypal_client[client_id]

    def link(self, stripe_key: str | None, client_id: str | None, secret: str | None) -> Tenant:
        """Make one tenant of both halves; ValueError when each is already its own."""
        owners = [
            self.by_stripe_key.get(stripe_key or ""),
            self.by_paypal_client.get(client_id or ""),
        ]
        found = {owner.name: owner for owner in owners if owner is not None}
        if len(found) > 1:
            raise ValueError("Both halves are tenants already; link them before their first use.")
        tenant = next(iter(found.values()), None) or self._make(stripe_key or client_id or "")
        if stripe_key:
            self.know(stripe_key, tenant)
        if client_id:
            self.by_paypal_client[client_id] = tenant
        if client_id and secret:
            self.paypal_secrets[client_id] = secret
        return tenant

    def named(self, credential: str) -> Tenant:
        """Return the tenant that a control request names by Stripe key or PayPal client id."""
        if credential.startswith(("sk_", "rk_")):
            return self.of_stripe(credential)
        tenant = self.of_paypal(credential)
        assert tenant is not None, "without a secret none can be wrong"
        return tenant

    def close(self) -> None:
        """Stop every tenant's deliveries, timers."""
        for tenant in [*self.by_stripe_key.values(), *self.by_paypal_client.values()]:
            tenant.webhooks.close()
            tenant.clock.reset()

    def _make(self, credential: str) -> Tenant:
        name = "tenant_" + sha256(credential.encode()).hexdigest()[:12]
        return Tenant(name, self.ledger, self.couriers, self.postman)
