"""The ground of every schema: member names, plain values, the parts of a JSON:API document."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
)

from shared.domain.errors import InvalidMoney
from shared.domain.money import exponent_of


def _storable(text: str) -> str:
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("contains characters that no text has")
    return text


def _blank_is_nothing(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _currency(code: str) -> str:
    try:
        exponent_of(code)
    except InvalidMoney as unknown:
        raise ValueError(str(unknown)) from None
    return code


_DATE_AND_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")


def _instant(value: object) -> object:
    """An instant is a text (RFC 3339) that UTC can express; numbers are no instants here."""
    if not (isinstance(value, str) and _DATE_AND_TIME.match(value)):
        raise ValueError("must be a text such as 2026-11-25T09:30:00Z")
    return value


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("is outside the calendar") from None


_Strict = StringConstraints(strict=True, min_length=1, max_length=255)
Text = Annotated[str, _Strict, AfterValidator(_storable)]
Currency = Annotated[
    str, StringConstraints(strict=True, pattern=r"^[A-Z]{3}$"), AfterValidator(_currency)
]
Amount = Annotated[str, StringConstraints(strict=True, max_length=40)]
"""A decimal number of major units; how many decimals it may have depends on the currency."""
Optional = BeforeValidator(_blank_is_nothing)
"""A blank text is the same as none."""


def example(document: dict[str, Any]) -> ConfigDict:
    """The configuration of a document with its example: it is sent, or compared, by a test."""
    return ConfigDict(json_schema_extra={"examples": [document]})


VERSION: Final = {"version": "1.1"}


Instant = Annotated[AwareDatetime, BeforeValidator(_instant), AfterValidator(_in_utc)]


class Document(BaseModel):
    """Members by their dashed names; snake_case is accepted, unknown members are ignored."""

    model_config = ConfigDict(
        alias_generator=lambda name: name.replace("_", "-"), populate_by_name=True, frozen=True
    )


class Query(BaseModel):
    """A route's query parameters; an unknown one is refused (JSON:API 1.1, Query Parameters)."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)


class Linkage(Document):
    """A resource identifier object."""

    type: Text
    id: Text


class ToOne(Document):
    """A to-one relationship."""

    data: Linkage


class Answer(Document):
    """Something that is told: nothing stands in it that is not described."""

    model_config = ConfigDict(extra="forbid")


class Version(Answer):
    """The JSON:API object of every answer."""

    version: Literal["1.1"]


class Told(Answer):
    """An answer's document."""

    jsonapi: Version


class SelfLink(Answer):
    """Where the resource stands."""

    self: str
