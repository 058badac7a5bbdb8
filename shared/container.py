"""The composition root: what a process works with, built once, in the process that uses it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial

from sqlalchemy import Engine

from shared.db import make_engine, unit_of_work
from shared.domain.charge import Provider
from shared.domain.errors import NotConfigured
from shared.outbound.addresses import AddressRules
from shared.outbound.courier import Courier, HttpCourier
from shared.providers.base import PaymentProvider
from shared.providers.connect import AccountConnector
from shared.providers.http import CallLimits
from shared.providers.metered import MeteredProvider
from shared.providers.registry import make_connector, make_providers
from shared.repository.authorizations import sealed_key
from shared.settings import Settings, load_settings
from shared.token_buckets import Limit, SharedBuckets, TokenBuckets
from shared.vault import Vault
from shared.windows import Windows


@dataclass(frozen=True, slots=True)
class Container:
    """What the code below the doors is handed; nothing in it is made before a fork."""

    settings: Settings
    engine: Engine
    providers: Mapping[Provider, PaymentProvider]
    """Only those that have credentials."""
    connector: AccountConnector | None
    """None where the platform takes no organizers' accounts."""
    buckets: TokenBuckets
    vault: Vault
    rules: AddressRules
    courier: Courier
    windows: Windows
    clock: Callable[[], datetime]
    jitter: Callable[[], float]

    def provider(self, name: Provider) -> PaymentProvider:
        """The adapter of that provider; NotConfigured where it has no credentials."""
        try:
            return self.providers[name]
        except KeyError:
            raise NotConfigured(f"{name} has no credentials: see .env.example") from None

    def only(self, name: Provider) -> Container:
        """The same with that provider alone, or with none where it has no credentials."""
        kept = {known: port for known, port in self.providers.items() if known is name}
        return replace(self, providers=kept)

    def livemode(self, name: Provider) -> bool:
        """Whether real money moves at that provider."""
        live = {
            Provider.STRIPE: self.settings.stripe_livemode,
            Provider.PAYPAL: self.settings.paypal_livemode,
        }
        return live[name]


def _utc_now() -> datetime:
    return datetime.now(UTC)


def build(settings: Settings, *, name: str, clock: Callable[[], datetime] = _utc_now) -> Container:
    """Wire a container from settings; `name` is the process's for Postgres."""
    engine = make_engine(settings, name=name)
    vault = Vault([key.get_secret_value() for key in settings.encryption_keys])
    key_of = partial(_key_of, engine, vault)
    rules = AddressRules(
        https_only=settings.environment == "production",
        ports=settings.outbound_allowed_ports,
        allowed=settings.outbound_allowed_networks,
    )
    return Container(
        settings=settings,
        engine=engine,
        providers={
            name: MeteredProvider(name, port)
            for name, port in make_providers(settings, key_of, clock).items()
        },
        connector=make_connector(settings, key_of, clock),
        buckets=SharedBuckets(settings.redis_url, _rates(settings)),
        vault=vault,
        rules=rules,
        courier=HttpCourier(rules, _limits(settings)),
        windows=Windows(settings.circuit_rules),
        clock=clock,
        jitter=random.random,
    )


def _key_of(engine: Engine, vault: Vault, account: str) -> str | None:
    with unit_of_work(engine) as connection:
        sealed = sealed_key(connection, account)
    return vault.open(sealed) if sealed else None


def _rates(settings: Settings) -> dict[Provider, Limit]:
    named = {
        Provider.STRIPE: settings.stripe_rate_limit,
        Provider.PAYPAL: settings.paypal_rate_limit,
    }
    return {provider: Limit(rate) for provider, rate in named.items() if rate}


def _limits(settings: Settings) -> CallLimits:
    seconds = settings.outbound_timeout
    return CallLimits(settings.outbound_connect_timeout, seconds, seconds)


@cache
def container(name: str) -> Container:
    """The process's own container, built on first use."""
    return build(load_settings(), name=name)
