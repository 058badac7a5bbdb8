"""Signing in and out, with the style sheet that the sign-in page needs, too."""

from __future__ import annotations

import re
from http import HTTPStatus
from pathlib import Path
from typing import Final

from flask import Response, redirect, request, send_from_directory, url_for
from werkzeug.wrappers import Response as AnyResponse

from api_shim import runtime
from api_shim.console import session
from api_shim.console.room import room, show
from api_shim.key_sets import KeysUnavailable
from api_shim.tokens import TokenRefused

routes = room("ops_sessions", is_open=True)

_FOLDER: Final = Path(__file__).parent
_OURS: Final = re.compile(r"/ops(/[\w./?=&%+-]*)?")
"""Where signing in may lead to: a page of the console, never another site's."""


@routes.get("/sign-in")
def sign_in_page() -> Response:
    """Ask for a token."""
    why = "Your session has ended. Sign in again." if session.has_ended() else None
    return show("sign_in", why=why, next=request.args.get("next", ""))


@routes.post("/sign-in")
def sign_in() -> AnyResponse:
    """Begin the session of a good token's owner."""
    wanted = request.form.get("next", "")
    try:
        claims = runtime.verifier().verify(request.form.get("token", "").strip())
    except TokenRefused as refused:
        return _again(HTTPStatus.UNAUTHORIZED, str(refused), wanted)
    except KeysUnavailable:
        return _again(HTTPStatus.SERVICE_UNAVAILABLE, "The token cannot be checked now.", wanted)
    if not session.admits(claims):
        why = "The token has none of the scopes ops:read, ops:act, admin."
        return _again(HTTPStatus.FORBIDDEN, why, wanted)
    session.begin(claims)
    is_ours = _OURS.fullmatch(wanted)
    return redirect(wanted if is_ours else url_for("ops_pages.home"), HTTPStatus.SEE_OTHER)


@routes.post("/sign-out")
def sign_out() -> AnyResponse:
    """End the session."""
    session.end()
    return redirect(url_for("ops_sessions.sign_in_page"), HTTPStatus.SEE_OTHER)


@routes.get("/console.css")
def style() -> Response:
    """Send the one style sheet."""
    return send_from_directory(_FOLDER, "console.css")


def _again(status: HTTPStatus, why: str, wanted: str) -> Response:
    return show("sign_in", status, why=why, next=wanted)
