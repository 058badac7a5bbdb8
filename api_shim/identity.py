"""Who asks: bearer tokens read into a caller (RFC 6750, RFC 7519)."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from flask import request

from api_shim.errors import ApiError
from api_shim.key_sets import KeysUnavailable
from api_shim.tokens import TokenRefused, Verifier

ADMIN: Final = "admin"

_SCHEMES: Final = {"bearer", "jwt"}
_CHALLENGE: Final = 'Bearer realm="chargehand"'
"""All that is said where no token was sent (RFC 6750 §3.1)."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A user of the ticketing platform, or the platform itself, with what it may do."""

    user_id: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Whether the token carries the scope; an admin may everything."""
        return scope in self.scopes or ADMIN in self.scopes


def identify(verifier: Verifier) -> Caller:
    """The caller named by the request's token; ApiError 401 without a good one.

    503 where the issuer's keys cannot be had: the token may well be good, and a 401 would have its
    owner throw it away.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() not in _SCHEMES or not token.strip():
        raise _refused("A bearer token is missing.", _CHALLENGE)
    try:
        claims = verifier.verify(token.strip())
    except TokenRefused as refused:
        raise _refused(str(refused), f'{_CHALLENGE}, error="invalid_token"') from None
    except KeysUnavailable:
        raise ApiError(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "The token cannot be checked now. Try again.",
            code="keys_unavailable",
            headers={"Retry-After": "10"},
        ) from None
    return Caller(claims.sub, claims.scope)


def _refused(detail: str, challenge: str) -> ApiError:
    headers = {"WWW-Authenticate": challenge}
    return ApiError(HTTPStatus.UNAUTHORIZED, detail, headers=headers)
