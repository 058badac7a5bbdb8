"""Who asks: bearer tokens read into a caller (RFC 6750, RFC 7519)."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import jwt
from flask import request

from api_shim.errors import ApiError

ADMIN: Final = "admin"

_SCHEMES: Final = {"bearer", "jwt"}
_LEEWAY: Final = 10
"""Seconds by which clocks may differ."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A user of the ticketing platform, or the platform itself, with what it may do."""

    user_id: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Whether the token carries the scope; an admin may everything."""
        return scope in self.scopes or ADMIN in self.scopes


def identify(secret: str) -> Caller:
    """The caller named by the request's token; ApiError 401 without a good one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() not in _SCHEMES or not token:
        raise _refused("A bearer token is missing.")
    try:
        claims = jwt.decode(
            token.strip(),
            secret,
            algorithms=["HS256"],
            leeway=_LEEWAY,
            options={"require": ["exp", "sub"]},
        )
    except (jwt.InvalidTokenError, ValueError):
        raise _refused("The bearer token is not valid.") from None
    scope = claims.get("scope")
    scopes = scope.split() if isinstance(scope, str) else []
    return Caller(claims["sub"], frozenset(scopes))


def _refused(detail: str) -> ApiError:
    challenge = {"WWW-Authenticate": 'Bearer realm="chargehand", error="invalid_token"'}
    return ApiError(HTTPStatus.UNAUTHORIZED, detail, headers=challenge)
