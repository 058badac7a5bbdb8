"""The registry: which adapters there are, built from the settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import certifi

from shared.domain.charge import Provider
from shared.providers.base import PaymentProvider
from shared.providers.connect import AccountConnector
from shared.providers.http import CallLimits
from shared.providers.paypal import PayPalConfig, PayPalProvider
from shared.providers.stripe import KeyOf, StripeConfig, StripeConnect, StripeProvider
from shared.settings import Settings


def make_providers(
    settings: Settings, key_of: KeyOf, clock: Callable[[], datetime]
) -> dict[Provider, PaymentProvider]:
    """An adapter for each provider that has credentials; `key_of` finds organizers' own keys."""
    providers: dict[Provider, PaymentProvider] = {}
    if settings.stripe_api_key.get_secret_value():
        providers[Provider.STRIPE] = StripeProvider(_stripe(settings, key_of), clock)
    if settings.paypal_client_id:
        providers[Provider.PAYPAL] = PayPalProvider(_paypal(settings), clock)
    return providers


def make_connector(
    settings: Settings, key_of: KeyOf, clock: Callable[[], datetime]
) -> AccountConnector | None:
    """What connects organizers' accounts, where the platform is set up for it."""
    is_platform = settings.stripe_client_id and settings.stripe_api_key.get_secret_value()
    return StripeConnect(_stripe(settings, key_of), clock) if is_platform else None


def _limits(settings: Settings) -> CallLimits:
    return CallLimits(
        connect_timeout=settings.provider_connect_timeout,
        read_timeout=settings.provider_read_timeout,
        total_deadline=settings.provider_deadline,
    )


def _stripe(settings: Settings, key_of: KeyOf) -> StripeConfig:
    return StripeConfig(
        api_key=settings.stripe_api_key.get_secret_value(),
        webhook_secrets=tuple(s.get_secret_value() for s in settings.stripe_webhook_secrets),
        livemode=settings.stripe_livemode,
        api_base=settings.stripe_api_base,
        limits=_limits(settings),
        connect_base=settings.stripe_connect_base,
        client_id=settings.stripe_client_id,
        connect_webhook_secrets=tuple(
            secret.get_secret_value() for secret in settings.stripe_connect_webhook_secrets
        ),
        key_of=key_of,
    )


def _paypal(settings: Settings) -> PayPalConfig:
    roots = settings.paypal_cert_roots or Path(certifi.where())
    return PayPalConfig(
        client_id=settings.paypal_client_id,
        client_secret=settings.paypal_client_secret.get_secret_value(),
        mode=settings.paypal_mode,
        webhook_id=settings.paypal_webhook_id,
        cert_roots_pem=roots.read_bytes(),
        return_url=settings.paypal_return_url,
        cancel_url=settings.paypal_cancel_url,
        api_base=settings.paypal_api_base,
        cert_hosts=frozenset(settings.paypal_cert_hosts),
        allow_plain_http_certs=settings.environment == "development",
        payee=settings.paypal_payee or None,
        limits=_limits(settings),
    )
