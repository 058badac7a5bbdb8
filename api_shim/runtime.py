"""The request's surroundings: container, caller, the seats of those who wait."""

from __future__ import annotations

from typing import Final, cast

from flask import current_app, g

from api_shim.identity import Caller, identify
from api_shim.patience import Patience
from api_shim.tokens import Verifier, make_verifier
from shared.container import Container

_KEY: Final = "chargehand"
_PATIENCE: Final = "chargehand.patience"
_VERIFIER: Final = "chargehand.verifier"


def install(extensions: dict[str, object], container: Container) -> None:
    """Give the application its container; half of its threads may wait for somebody's change."""
    extensions[_KEY] = container
    extensions[_PATIENCE] = Patience(max(1, container.settings.web_threads // 2))
    extensions[_VERIFIER] = make_verifier(container.settings)


def deps() -> Container:
    """What this process works with."""
    return cast("Container", current_app.extensions[_KEY])


def patience() -> Patience:
    """The process's seats for those who wait for a change."""
    return cast("Patience", current_app.extensions[_PATIENCE])


def verifier() -> Verifier:
    """Whom this service believes."""
    return cast("Verifier", current_app.extensions[_VERIFIER])


def caller() -> Caller:
    """Who asks, found out once a request; ApiError 401 without a good token."""
    if "caller" not in g:
        g.caller = identify(verifier())
    return cast("Caller", g.caller)
