"""The settings: read from the environment once, checked whole, frozen."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal, Self, TypeVar

from cryptography.fernet import Fernet
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.domain.decisions import Limits
from shared.domain.retry_policy import KEY_MARGIN
from shared.outbound_settings import OutboundSettings
from shared.web_settings import Secrets, Texts, WebSettings

Kind = TypeVar("Kind", bound="DatabaseSettings")
Seconds = Annotated[float, Field(gt=0)]


class DatabaseSettings(BaseSettings):
    """What is needed to reach the database, and nothing else: enough for a migration."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    database_url: str
    database_pool_size: Annotated[int, Field(ge=1, le=200)] = 16

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        scheme, separator, rest = value.partition("://")
        if not separator or scheme not in {"postgres", "postgresql", "postgresql+psycopg2"}:
            raise ValueError("must be a postgresql:// URL")
        return f"postgresql+psycopg2://{rest}"


_NEEDS: Final = {
    "stripe_api_key": "stripe_webhook_secrets",
    "stripe_client_id": "stripe_connect_webhook_secrets",
    "paypal_client_id": "paypal_webhook_id",
}
"""What makes no sense without what."""


class Settings(WebSettings, OutboundSettings, DatabaseSettings):
    """Every setting, its default and its meaning; `.env.example` says the same for people."""

    environment: Literal["development", "production"] = "development"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    redis_url: str
    broker_url: str = ""

    stripe_api_key: SecretStr = SecretStr("")
    stripe_api_base: str = "https://api.stripe.com"
    stripe_webhook_secrets: Secrets = ()
    stripe_client_id: Annotated[str, Field(pattern=r"^(ca_[A-Za-z0-9_]+)?$")] = ""
    stripe_connect_base: str = "https://connect.stripe.com"
    stripe_connect_webhook_secrets: Secrets = ()
    stripe_platform_charges: bool = True

    paypal_client_id: str = ""
    paypal_client_secret: SecretStr = SecretStr("")
    paypal_mode: Literal["sandbox", "live"] = "sandbox"
    paypal_api_base: str = ""
    paypal_webhook_id: str = ""
    paypal_payee: str = ""
    paypal_cert_roots: Path | None = None
    paypal_cert_hosts: Texts = ()
    paypal_return_url: str = "https://example.com/return"
    paypal_cancel_url: str = "https://example.com/cancel"

    encryption_keys: Secrets

    provider_connect_timeout: Seconds = 5
    provider_read_timeout: Seconds = 15
    provider_deadline: Seconds = 20
    claim_lease: Seconds = 45
    republish_after: Seconds = 30
    relay_poll_interval: Seconds = 0.01
    relay_batch: Annotated[int, Field(ge=1, le=10_000)] = 500
    relay_window: Annotated[int, Field(ge=1)] = 5_000
    sweep_interval: Seconds = 5
    reconcile_interval: Seconds = 5
    event_poll_interval: Seconds = 20
    event_poll_idle_interval: Seconds = 300
    event_overlap: Seconds = 120
    worker_concurrency: Annotated[int, Field(ge=1, le=2048)] = 64

    unsent_patience: Seconds = 3 * 3600
    indeterminate_patience: Seconds = 48 * 3600
    action_patience: Seconds = 3600

    @field_validator("encryption_keys")
    @classmethod
    def _keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not value:
            raise ValueError("needs at least one key; make one with script/key")
        for key in value:
            Fernet(key.get_secret_value())
        return value

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.claim_lease <= self.provider_deadline:
            raise ValueError("CLAIM_LEASE must be longer than PROVIDER_DEADLINE")
        if self.claim_lease + self.provider_deadline >= KEY_MARGIN.total_seconds():
            raise ValueError("CLAIM_LEASE must end well before an idempotency key's margin, 600 s")
        for name, needed in _NEEDS.items():
            if getattr(self, name) and not getattr(self, needed):
                raise ValueError(f"{needed.upper()} is needed with {name.upper()}")
        bases = (
            self.stripe_api_base,
            self.stripe_connect_base,
            self.paypal_api_base or "https://",
        )
        if self.environment == "production" and not all(b.startswith("https://") for b in bases):
            raise ValueError("in production the providers are spoken to by https only")
        if self.environment == "production" and self.jwt_jwks.startswith("http://"):
            raise ValueError("in production JWT_JWKS is fetched by https only")
        return self

    @property
    def broker(self) -> str:
        """The broker's URL: Redis unless another is named."""
        return self.broker_url or self.redis_url

    @property
    def stripe_livemode(self) -> bool:
        """Whether the Stripe key moves real money."""
        return self.stripe_api_key.get_secret_value().startswith(("sk_live_", "rk_live_"))

    @property
    def paypal_livemode(self) -> bool:
        """Whether the PayPal credentials move real money."""
        return self.paypal_mode == "live"

    @property
    def limits(self) -> Limits:
        """How long Chargehand is patient."""
        return Limits(
            unsent=timedelta(seconds=self.unsent_patience),
            indeterminate=timedelta(seconds=self.indeterminate_patience),
            action=timedelta(seconds=self.action_patience),
        )


@cache
def load_settings() -> Settings:
    """Read the environment; end the process with one sentence where a value is missing or bad."""
    return _checked(Settings)


def load_database_settings() -> DatabaseSettings:
    """As `load_settings`, for a migration."""
    return _checked(DatabaseSettings)


def _checked(kind: type[Kind]) -> Kind:
    try:
        return kind()
    except ValidationError as invalid:
        faults = "; ".join(_sentence(error["loc"], error["msg"]) for error in invalid.errors())
        raise SystemExit(f"Chargehand cannot start: {faults}. See .env.example.") from None


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    fault = message.removeprefix("Value error, ")
    return f"{str(location[0]).upper()}: {fault}" if location else fault
