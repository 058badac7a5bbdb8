"""Where the database and the broker are."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import urlsplit

from psycopg2 import ProgrammingError
from psycopg2.extensions import parse_dsn
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from shared.setting_kinds import is_address

_POSTGRES: Final = {"postgres", "postgresql", "postgresql+psycopg2"}
_REDIS: Final = frozenset({"redis", "rediss"})
_AMQP: Final = frozenset({"amqp", "amqps"})


class DatabaseSettings(BaseSettings):
    """What is needed to reach the database, and nothing else: enough for a migration."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    database_url: str
    database_pool_size: Annotated[int, Field(ge=1, le=200)] = 16

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        scheme, _, rest = value.partition("://")
        if scheme not in _POSTGRES or not rest or not _is_understood(rest):
            raise ValueError(
                "must be a postgresql:// URL: postgresql://user:password@host:port/name"
            )
        return f"postgresql+psycopg2://{rest}"


class BrokerSettings(BaseSettings):
    """What carries the messages."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    redis_url: str
    broker_url: str = ""

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: str) -> str:
        if not _is_redis(value):
            raise ValueError("must be a redis:// URL: redis://host:6379/0")
        return value

    @field_validator("broker_url")
    @classmethod
    def _broker(cls, value: str) -> str:
        if value and not _is_redis(value) and not is_address(value, _AMQP):
            raise ValueError("must be an amqp:// or redis:// URL")
        return value

    @property
    def broker(self) -> str:
        """The broker's URL: Redis unless another is named."""
        return self.broker_url or self.redis_url


def _is_understood(rest: str) -> bool:
    """Whether those who connect, SQLAlchemy and libpq, can read the URL."""
    try:
        port = make_url(f"postgresql://{rest}").port
        parse_dsn(f"postgresql://{rest}")
    except (ArgumentError, ValueError, ProgrammingError):
        return False
    return port is None or 0 < port <= 65_535  # noqa: PLR2004 the last port there is


def _is_redis(value: str) -> bool:
    if not is_address(value, _REDIS):
        return False
    number = urlsplit(value).path.strip("/")
    return not number or number.isdecimal()
