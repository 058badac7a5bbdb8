"""The request's surroundings: container and caller."""

from __future__ import annotations

from typing import Final, cast

from flask import current_app

from api_shim.identity import Caller, identify
from shared.container import Container

_KEY: Final = "chargehand"


def install(extensions: dict[str, object], container: Container) -> None:
    """Give the application its container."""
    extensions[_KEY] = container


def deps() -> Container:
    """What this process works with."""
    return cast("Container", current_app.extensions[_KEY])


def caller() -> Caller:
    """Who asks; ApiError 401 without a good token."""
    return identify(deps().settings.jwt_secret.get_secret_value())
