"""The session: which operator asks, by a signed cookie that a token was shown for once."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe
from time import time
from typing import Final

from flask import Flask, Request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from api_shim.claims import Claims
from api_shim.identity import ADMIN
from shared.settings import Settings

READ: Final = "ops:read"
ACT: Final = "ops:act"
LONGEST: Final = 30 * 60
"""Seconds; a session ends with its token, if that is sooner."""

_PURPOSE: Final = b"chargehand /ops session"


@dataclass(frozen=True, slots=True)
class Operator:
    """Who is signed in; one who may not act sees everything."""

    name: str
    may_act: bool


class _Sessions(SecureCookieSessionInterface):
    """Flask's signed cookies; a request without one, such as each of the API, needs no signer."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """What the cookie says, where there is one."""
        if self.get_cookie_name(app) in request.cookies:
            return super().open_session(app, request)
        return self.session_class()


def install(app: Flask, settings: Settings) -> None:
    """Sign cookies under keys made of the encryption keys: they turn over as those do."""
    first, *older = (_signing_key(key.get_secret_value()) for key in settings.encryption_keys)
    app.session_interface = _Sessions()
    app.config.update(
        SECRET_KEY=first,
        SECRET_KEY_FALLBACKS=older,
        SESSION_COOKIE_NAME="ops_session",
        SESSION_COOKIE_PATH="/ops",
        SESSION_COOKIE_HTTPONLY=True,
        # Strict would keep it from whoever follows a link out of an alert, and the page that asks
        # to sign in would write a new session over it. No GET acts, and each form has its token.
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.environment == "production",
        SESSION_REFRESH_EACH_REQUEST=False,
    )


def _signing_key(encryption_key: str) -> bytes:
    return hmac.digest(encryption_key.encode(), _PURPOSE, sha256)


def admits(claims: Claims) -> bool:
    """Whether the token opens the console."""
    return not claims.scope.isdisjoint({READ, ACT, ADMIN})


def begin(claims: Claims) -> None:
    """Sign the token's owner in; nothing of an earlier session is kept, its CSRF token neither."""
    session.clear()
    session["name"] = claims.sub
    session["may_act"] = not claims.scope.isdisjoint({ACT, ADMIN})
    session["ends"] = min(claims.exp, time() + LONGEST)


def end() -> None:
    """Sign out."""
    session.clear()


def operator() -> Operator | None:
    """Who is signed in; None where nobody is, or no longer."""
    if session.get("ends", 0) <= time():
        return None
    return Operator(session["name"], session["may_act"])


def has_ended() -> bool:
    """Whether somebody was signed in, and is no longer."""
    return "ends" in session and operator() is None


def csrf_token() -> str:
    """What every form of this session carries, and no other site knows."""
    if "csrf" not in session:
        session["csrf"] = token_urlsafe(32)
    return str(session["csrf"])


def is_ours(token: str) -> bool:
    """Whether a form comes from a page of this session."""
    known = session.get("csrf", "")
    return bool(known) and hmac.compare_digest(str(known).encode(), token.encode())
