"""Bearer tokens: whether one is good, and what it claims (RFC 7519, RFC 8725)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import jwt
from pydantic import AfterValidator, BaseModel, BeforeValidator, StringConstraints, ValidationError

from api_shim.key_sets import KeySet, key_set_at
from api_shim.verifying_keys import VerifyingKey, shared_secret
from shared.web_settings import WebSettings

LEEWAY: Final = 10
"""Seconds by which clocks may differ."""


class TokenRefused(Exception):
    """The token is no good; the text may be told to whoever sent it."""


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


@dataclass(frozen=True, slots=True)
class Verifier:
    """Whom this service believes: shared secrets, an issuer's key set, or both."""

    secrets: tuple[VerifyingKey, ...]
    key_set: KeySet | None = None
    issuer: str | None = None
    audience: str | None = None

    def verify(self, token: str) -> Claims:
        """What a good token claims. Raises TokenRefused, or KeysUnavailable where none can tell."""
        try:
            header = jwt.get_unverified_header(token)
            return Claims.model_validate(self._verified(token, self._candidates(header)))
        except jwt.ExpiredSignatureError:
            raise TokenRefused("The bearer token has expired.") from None
        except (jwt.InvalidTokenError, ValidationError):
            raise TokenRefused("The bearer token is not valid.") from None

    def _candidates(self, header: dict[str, Any]) -> Sequence[VerifyingKey]:
        match header.get("alg"):
            case "HS256":
                return self.secrets
            case ("RS256" | "ES256") as algorithm if self.key_set is not None:
                return self.key_set.find(algorithm, header.get("kid"))
            case _:
                return ()

    def _verified(self, token: str, keys: Sequence[VerifyingKey]) -> dict[str, Any]:
        for key in keys:
            try:
                return jwt.decode(
                    token,
                    key.key,
                    # The key's algorithm, never the token's: a public key verifies no HS256.
                    algorithms=[key.algorithm],
                    leeway=LEEWAY,
                    issuer=self.issuer,
                    audience=self.audience,
                    options={"require": ["exp", "sub"]},
                )
            except jwt.InvalidSignatureError:
                continue
        raise jwt.InvalidSignatureError


def make_verifier(settings: WebSettings) -> Verifier:
    """The verifier that the settings describe."""
    return Verifier(
        secrets=tuple(shared_secret(secret) for secret in settings.token_secrets),
        key_set=key_set_at(settings.jwt_jwks) if settings.jwt_jwks else None,
        issuer=settings.jwt_issuer or None,
        audience=settings.jwt_audience or None,
    )
