"""The request's surroundings: container, caller, the seats of those who wait."""

from __future__ import annotations

from typing import Final, cast

from flask import current_app

from api_shim.identity import Caller, identify
from api_shim.patience import Patience
from shared.container import Container

_KEY: Final = "chargehand"
_PATIENCE: Final = "chargehand.patience"


def install(extensions: dict[str, object], container: Container) -> None:
    """Give the application its container; half of its threads may wait for somebody's change."""
    extensions[_KEY] = container
    extensions[_PATIENCE] = Patience(max(1, container.settings.web_threads // 2))


def deps() -> Container:
    """What this process works with."""
    return cast("Container", current_app.extensions[_KEY])


def patience() -> Patience:
    """The process's seats for those who wait for a change."""
    return cast("Patience", current_app.extensions[_PATIENCE])


def caller() -> Caller:
    """Who asks; ApiError 401 without a good token."""
    return identify(deps().settings.jwt_secret.get_secret_value())
