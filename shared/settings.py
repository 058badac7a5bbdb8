"""The settings: read from the environment once, checked whole, frozen."""

from __future__ import annotations

import os
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal, Self, TypeVar

from cryptography.fernet import Fernet
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator

from shared.circuit_settings import CircuitSettings
from shared.domain.decisions import Limits
from shared.domain.late_money import LateMoney
from shared.domain.retry_policy import KEY_MARGIN
from shared.engine_settings import BrokerSettings, DatabaseSettings
from shared.flower_settings import FlowerSettings
from shared.outbound_settings import OutboundSettings
from shared.provider_settings import ProviderSettings
from shared.setting_kinds import Dsn, Host, Months, Patience, Seconds, Secrets, WebAddress
from shared.web_settings import WebSettings

Kind = TypeVar("Kind", bound=DatabaseSettings)

_BY_HTTPS: Final = ("stripe_api_base", "stripe_connect_base", "paypal_api_base", "jwt_jwks")


class Settings(
    WebSettings,
    FlowerSettings,
    ProviderSettings,
    CircuitSettings,
    OutboundSettings,
    BrokerSettings,
    DatabaseSettings,
):
    """Every setting, its default and its meaning; `.env.example` says the same for people."""

    environment: Literal["development", "production"] = "development"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    otel_exporter_otlp_endpoint: WebAddress = ""
    sentry_dsn: Dsn = SecretStr("")

    liveness_file: str = ""
    worker_metrics_port: Annotated[int, Field(ge=0, le=65_535 - 9)] = 0
    metrics_address: Host = "127.0.0.1"

    encryption_keys: Secrets

    provider_connect_timeout: Seconds = 5
    provider_read_timeout: Seconds = 15
    provider_deadline: Seconds = 20
    claim_lease: Seconds = 30
    republish_after: Seconds = 30
    relay_poll_interval: Seconds = 0.005
    relay_batch: Annotated[int, Field(ge=1, le=10_000)] = 500
    relay_window: Annotated[int, Field(ge=1, le=1_000_000)] = 1_000
    sweep_interval: Seconds = 5
    reconcile_interval: Seconds = 5
    watch_interval: Seconds = 60
    retention_interval: Seconds = 60
    event_poll_interval: Seconds = 20
    event_poll_idle_interval: Seconds = 300
    event_overlap: Seconds = 120
    worker_concurrency: Annotated[int, Field(ge=1, le=2048)] = 64

    unsent_patience: Patience = 3 * 3600
    indeterminate_patience: Patience = 48 * 3600
    action_patience: Patience = 3600

    moves_kept: Months = 0
    webhook_events_kept: Months = 0
    outbound_events_kept: Months = 0

    late_money: Literal["refund", "review"] = "refund"
    expired_orders: Literal["complete", "refuse"] = "complete"

    @field_validator("encryption_keys")
    @classmethod
    def _keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not value:
            raise ValueError("needs at least one key; make one with script/key")
        for key in value:
            _require_fernet(key.get_secret_value())
        return value

    @field_validator("liveness_file")
    @classmethod
    def _in_a_folder(cls, value: str) -> str:
        if value and not os.access(Path(value).parent, os.W_OK):
            raise ValueError("must be a file in a folder that can be written to")
        return value

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.claim_lease <= self.provider_deadline:
            raise ValueError("CLAIM_LEASE must be longer than PROVIDER_DEADLINE")
        if self.claim_lease + self.provider_deadline >= KEY_MARGIN.total_seconds():
            raise ValueError("CLAIM_LEASE must end well before an idempotency key's margin, 600 s")
        for name in _BY_HTTPS if self.environment == "production" else ():
            if getattr(self, name).startswith("http://"):
                raise ValueError(f"in production {name.upper()} must be an https:// URL")
        return self

    @property
    def late_money_wishes(self) -> LateMoney:
        """What the platform wishes for money that comes late or twice."""
        return LateMoney(
            refunds=self.late_money == "refund",
            completes_expired=self.expired_orders == "complete",
        )

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


def metrics_folder() -> str | None:
    """Where the processes of one gunicorn count together; prometheus-client reads it too."""
    return os.environ.get("PROMETHEUS_MULTIPROC_DIR")


def _checked(kind: type[Kind]) -> Kind:
    try:
        return kind()
    except ValidationError as invalid:
        raise SystemExit(
            f"Chargehand cannot start: {refusal(invalid)}. See .env.example."
        ) from None


def refusal(invalid: ValidationError) -> str:
    """What is wrong with which variables, in one sentence that repeats no value."""
    return "; ".join(_clause(fault["loc"], fault["msg"]) for fault in invalid.errors())


def _clause(location: tuple[int | str, ...], message: str) -> str:
    fault = message.removeprefix("Value error, ")
    return f"{str(location[0]).upper()}: {fault}" if location else fault


def _require_fernet(key: str) -> None:
    try:
        Fernet(key)
    except ValueError:
        raise ValueError("must be Fernet keys; make one with script/key") from None
