"""What the web process reads from the environment: where it listens, whom it admits or believes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final, Self

from jwt import PyJWKSet
from jwt.exceptions import PyJWTError
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.setting_kinds import Host, Port, Seconds, Secrets, Texts, is_address

SHORTEST_SECRET: Final = 32
"""RFC 7518 §3.2: an HS256 key is as long as the hash."""

Rate = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}/(second|minute|hour)$")]

_ORIGIN: Final = re.compile(r"https?://[a-z0-9_.-]+(:[0-9]{1,5})?")
"""Lower case, no path, as browsers write it; flask-cors would take anything else for a pattern."""


class WebSettings(BaseSettings):
    """The web process's own; the other processes have no use for them."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    host: Host = "127.0.0.1"
    port: Port = 8000
    web_concurrency: Annotated[int, Field(ge=1, le=64)] = 2
    web_threads: Annotated[int, Field(ge=1, le=256)] = 8

    web_read_timeout: Seconds = 15
    trusted_proxies: Annotated[int, Field(ge=0, le=8)] = 0
    cors_origins: Texts = ()
    metrics_token: SecretStr = SecretStr("")
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

    @field_validator("jwt_secret", "jwt_secrets", "metrics_token")
    @classmethod
    def _long_enough(cls, value: SecretStr | tuple[SecretStr, ...]) -> object:
        secrets = value if isinstance(value, tuple) else (value,)
        texts = [secret.get_secret_value() for secret in secrets]
        if any(text and len(text.strip()) < SHORTEST_SECRET for text in texts):
            raise ValueError("needs at least 32 characters")
        return value

    @field_validator("jwt_jwks")
    @classmethod
    def _reachable(cls, value: str) -> str:
        if "://" in value:
            if not is_address(value, frozenset({"https", "http"})):
                raise ValueError("must be an https:// URL or a file")
        elif value:
            _require_key_set(Path(value))
        return value

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_ORIGIN.fullmatch(origin) for origin in value):
            raise ValueError("must be origins, each like https://tickets.example")
        return value

    @model_validator(mode="after")
    def _believes_somebody(self) -> Self:
        if not self.token_secrets and not self.jwt_jwks:
            raise ValueError("JWT_SECRET or JWT_JWKS is needed")
        return self


def _require_key_set(path: Path) -> None:
    try:
        PyJWKSet.from_json(path.read_text(encoding="utf8"))
    except OSError:
        raise ValueError(f"there is no file {path} to read") from None
    except (PyJWTError, ValueError, AttributeError, RecursionError):
        raise ValueError(f"there is no JWK Set in {path}") from None
