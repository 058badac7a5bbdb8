"""What of a token's payload matters here (RFC 7519 §4, RFC 9068)."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, StringConstraints


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds a character that cannot be shown")
    return text


def _scopes(claim: object) -> object:
    return (claim or "").split() if isinstance(claim, str | None) else claim


UserId = Annotated[
    str, StringConstraints(strict=True, min_length=1, max_length=255), AfterValidator(_printable)
]
Scopes = Annotated[
    frozenset[Annotated[str, StringConstraints(strict=True)]], BeforeValidator(_scopes)
]


class Claims(BaseModel):
    """What of a token's payload matters here; `scope` is words or a list of them (RFC 9068)."""

    sub: UserId
    exp: float
    scope: Scopes = frozenset()
