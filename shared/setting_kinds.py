"""The kinds of values that settings have, each with the sentence that refuses others."""

from __future__ import annotations

import re
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

_HIGHEST_PORT: Final = 65_535
FEWEST_MONTHS: Final = 3
"""By then no provider sends an event again, or lists it: they do for a month."""

_HOST: Final = re.compile(r"[A-Za-z0-9._:-]+")


def is_address(value: str, schemes: frozenset[str]) -> bool:
    """Whether it is a URL with one of the schemes, a host, and no port that is none."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return False
    is_named = parts.scheme in schemes and bool(parts.hostname)
    return is_named and value.isprintable() and " " not in value and port != 0


def _web_address(value: str) -> str:
    if value and not is_address(value, frozenset({"https", "http"})):
        raise ValueError("must be an https:// URL")
    return value


def _host(value: str) -> str:
    if not _HOST.fullmatch(value):
        raise ValueError("must be a host's name or address")
    return value


def _word(value: str) -> str:
    if not value.isprintable() or " " in value:
        raise ValueError("must be one word")
    return value


def _secret_word(value: SecretStr) -> SecretStr:
    _word(value.get_secret_value())
    return value


def _dsn(value: SecretStr) -> SecretStr:
    told = value.get_secret_value()
    if told and not (is_address(told, frozenset({"https", "http"})) and urlsplit(told).username):
        raise ValueError("must be a DSN: https://key@host/project")
    return value


def _months(value: int) -> int:
    if 0 < value < FEWEST_MONTHS:
        raise ValueError(f"must be 0, for ever, or {FEWEST_MONTHS} months and more")
    return value


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Seconds = Annotated[float, Field(gt=0, le=24 * 3600, allow_inf_nan=False)]
Patience = Annotated[float, Field(gt=0, le=366 * 24 * 3600, allow_inf_nan=False)]
"""Seconds too, of what may take days."""

PerSecond = Annotated[int, Field(ge=0, le=10_000)]
"""0 is without a limit."""

Months = Annotated[int, Field(ge=0, le=1200), AfterValidator(_months)]
"""0 is for ever."""

Port = Annotated[int, Field(ge=1, le=_HIGHEST_PORT)]
Host = Annotated[str, AfterValidator(_host)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Word = Annotated[str, AfterValidator(_word)]
Dsn = Annotated[SecretStr, AfterValidator(_dsn)]
"""Where Sentry is."""

SecretWord = Annotated[SecretStr, AfterValidator(_secret_word)]
Texts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""Comma separated."""
Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split)]
