"""Bearer tokens: whether one is good, and what it claims (RFC 7519, RFC 8725)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import jwt
from pydantic import ValidationError

from api_shim.claims import Claims
from api_shim.key_sets import KeySet, key_set_at
from api_shim.verified_tokens import Verified, VerifiedTokens
from api_shim.verifying_keys import VerifyingKey, shared_secret
from shared.web_settings import WebSettings

LEEWAY: Final = 10
"""Seconds by which clocks may differ."""


class TokenRefused(Exception):
    """The token is no good; the text may be told to whoever sent it."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """Whom this service believes: shared secrets, an issuer's key set, or both."""

    secrets: tuple[VerifyingKey, ...]
    key_set: KeySet | None = None
    issuer: str | None = None
    audience: str | None = None
    known: VerifiedTokens = field(default_factory=VerifiedTokens, repr=False, compare=False)

    def verify(self, token: str) -> Claims:
        """What a good token claims. Raises TokenRefused, or KeysUnavailable where none can tell.

        One that was verified is believed again, while it has not expired and its key is believed.
        """
        known = self.known.find(token)
        if known and known.key in self._candidates(known.header):
            return known.claims
        try:
            return self._read(token)
        except jwt.ExpiredSignatureError:
            raise TokenRefused("The bearer token has expired.") from None
        except (jwt.InvalidTokenError, ValidationError):
            raise TokenRefused("The bearer token is not valid.") from None

    def _read(self, token: str) -> Claims:
        header = jwt.get_unverified_header(token)
        payload, key = self._verified(token, self._candidates(header))
        claims = Claims.model_validate(payload)
        self.known.keep(token, Verified(claims, header, key, int(claims.exp) + LEEWAY))
        return claims

    def _candidates(self, header: Mapping[str, Any]) -> Sequence[VerifyingKey]:
        match header.get("alg"):
            case "HS256":
                return self.secrets
            case ("RS256" | "ES256") as algorithm if self.key_set is not None:
                return self.key_set.find(algorithm, header.get("kid"))
            case _:
                return ()

    def _verified(
        self, token: str, keys: Sequence[VerifyingKey]
    ) -> tuple[dict[str, Any], VerifyingKey]:
        for key in keys:
            try:
                payload = jwt.decode(
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
            return payload, key
        raise jwt.InvalidSignatureError


def make_verifier(settings: WebSettings) -> Verifier:
    """The verifier that the settings describe."""
    return Verifier(
        secrets=tuple(shared_secret(secret) for secret in settings.token_secrets),
        key_set=key_set_at(settings.jwt_jwks) if settings.jwt_jwks else None,
        issuer=settings.jwt_issuer or None,
        audience=settings.jwt_audience or None,
    )
