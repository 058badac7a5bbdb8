"""What speaking to Stripe and PayPal reads from the environment."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from cryptography.x509 import load_pem_x509_certificates
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.setting_kinds import PerSecond, Secrets, SecretWord, Texts, WebAddress, Word

_STRIPE_KEY: Final = re.compile(r"(sk|rk)_(test|live)_[A-Za-z0-9_]+")
_STRIPE_SECRET: Final = re.compile(r"whsec_[!-~]+")
_THIS_MACHINE: Final = {"localhost", "127.0.0.1", "::1"}

_NEEDS: Final = (
    ("stripe_api_key", "stripe_webhook_secrets"),
    ("stripe_client_id", "stripe_connect_webhook_secrets"),
    ("paypal_client_id", "paypal_client_secret"),
    ("paypal_client_id", "paypal_webhook_id"),
)
"""What makes no sense without what."""


class StripeSettings(BaseSettings):
    """The platform's account at Stripe; off while the key is empty."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    stripe_api_key: SecretStr = SecretStr("")
    stripe_api_base: WebAddress = "https://api.stripe.com"
    stripe_webhook_secrets: Secrets = ()
    stripe_client_id: Annotated[str, Field(pattern=r"^(ca_[A-Za-z0-9_]+)?$")] = ""
    stripe_connect_base: WebAddress = "https://connect.stripe.com"
    stripe_connect_webhook_secrets: Secrets = ()
    stripe_platform_charges: bool = True
    stripe_rate_limit: PerSecond = 25

    @field_validator("stripe_api_key")
    @classmethod
    def _of_the_platform(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not _STRIPE_KEY.fullmatch(value.get_secret_value()):
            raise ValueError("must be a secret or restricted key: sk_test_…, sk_live_…, rk_…")
        return value

    @field_validator("stripe_webhook_secrets", "stripe_connect_webhook_secrets")
    @classmethod
    def _of_endpoints(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not all(_STRIPE_SECRET.fullmatch(secret.get_secret_value()) for secret in value):
            raise ValueError("must be what Stripe shows as a signing secret: whsec_…")
        return value

    @property
    def stripe_livemode(self) -> bool:
        """Whether the Stripe key moves real money."""
        return self.stripe_api_key.get_secret_value().startswith(("sk_live_", "rk_live_"))


class PayPalSettings(BaseSettings):
    """The app at PayPal; off while the client id is empty."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    paypal_client_id: Word = ""
    paypal_client_secret: SecretWord = SecretStr("")
    paypal_mode: Literal["sandbox", "live"] = "sandbox"
    paypal_api_base: WebAddress = ""
    paypal_webhook_id: Word = ""
    paypal_payee: Word = ""
    paypal_cert_roots: Path | None = None
    paypal_cert_hosts: Texts = ()
    paypal_return_url: WebAddress = "https://example.com/return"
    paypal_cancel_url: WebAddress = "https://example.com/cancel"
    paypal_rate_limit: PerSecond = 0

    @field_validator("paypal_api_base")
    @classmethod
    def _encrypted(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme == "http" and parts.hostname not in _THIS_MACHINE:
            raise ValueError("PayPal is spoken to by https")
        return value

    @field_validator("paypal_webhook_id")
    @classmethod
    def _of_a_webhook(cls, value: str) -> str:
        if value == "WEBHOOK_ID":
            raise ValueError("that is what PayPal's simulator signs for, not a webhook's id")
        return value

    @field_validator("paypal_cert_roots")
    @classmethod
    def _certificates(cls, value: Path | None) -> Path | None:
        if value is None:
            return None
        try:
            load_pem_x509_certificates(value.read_bytes())
        except OSError:
            raise ValueError(f"there is no file {value} to read") from None
        except ValueError:
            raise ValueError(f"there is no PEM certificate in {value}") from None
        return value

    @property
    def paypal_livemode(self) -> bool:
        """Whether the PayPal credentials move real money."""
        return self.paypal_mode == "live"


class ProviderSettings(StripeSettings, PayPalSettings):
    """Both, each off or complete."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for name, needed in _NEEDS:
            if getattr(self, name) and not getattr(self, needed):
                raise ValueError(f"{needed.upper()} is needed with {name.upper()}")
        return self
