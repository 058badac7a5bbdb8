"""What the web process reads from the environment: where it listens, whom it admits or believes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SHORTEST_SECRET: Final = 32
"""RFC 7518 §3.2: an HS256 key is as long as the hash."""


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Texts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""Comma separated."""
Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split)]
Rate = Annotated[str, Field(pattern=r"^[1-9]\d*/(second|minute|hour)$")]
Origin = Annotated[str, Field(pattern=r"^https?://[\w.-]+(:\d+)?$")]
"""Written out: flask-cors would take anything else for a pattern."""


class WebSettings(BaseSettings):
    """The web process's own; the other processes have no use for them."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    web_concurrency: Annotated[int, Field(ge=1, le=64)] = 2
    web_threads: Annotated[int, Field(ge=1, le=256)] = 8

    web_read_timeout: Annotated[float, Field(gt=0)] = 15
    trusted_proxies: Annotated[int, Field(ge=0, le=8)] = 0
    cors_origins: Annotated[tuple[Origin, ...], NoDecode, BeforeValidator(_split)] = ()
    rate_limit_per_user: Rate = "600/minute"
    rate_limit_per_address: Rate = "1200/minute"
    rate_limit_of_webhooks: Rate = "6000/minute"

    jwt_secret: SecretStr = SecretStr("")
    jwt_secrets: Secrets = ()
    jwt_jwks: str = ""
    jwt_issuer: str = ""
    jwt_audience: str = ""

    @property
    def token_secrets(self) -> tuple[str, ...]:
        """Every secret that a caller's token may be signed with."""
        first = (self.jwt_secret,) if self.jwt_secret.get_secret_value() else ()
        return tuple(secret.get_secret_value() for secret in (*first, *self.jwt_secrets))

    @field_validator("jwt_secret", "jwt_secrets")
    @classmethod
    def _long_enough(cls, value: SecretStr | tuple[SecretStr, ...]) -> object:
        secrets = value if isinstance(value, tuple) else (value,)
        lengths = [len(secret.get_secret_value()) for secret in secrets]
        if any(0 < length < SHORTEST_SECRET for length in lengths):
            raise ValueError("needs at least 32 characters (RFC 7518 §3.2)")
        return value

    @field_validator("jwt_jwks")
    @classmethod
    def _reachable(cls, value: str) -> str:
        if "://" in value:
            if not value.startswith(("https://", "http://")):
                raise ValueError("must be an https:// URL or a file")
        elif value and not Path(value).is_file():
            raise ValueError(f"there is no file {value}")
        return value

    @model_validator(mode="after")
    def _believes_somebody(self) -> Self:
        if not self.token_secrets and not self.jwt_jwks:
            raise ValueError("JWT_SECRET or JWT_JWKS is needed")
        return self
