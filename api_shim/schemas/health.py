"""Health on the wire."""

from __future__ import annotations

from typing import Literal

from api_shim.schemas.base import Answer

Presence = Literal["ok", "away"]


class Alive(Answer):
    """The process answers."""

    status: Literal["ok"]


class Readiness(Answer):
    """What is there, what is away; without a broker charges are still accepted."""

    status: Literal["ok", "degraded", "unavailable"]
    database: Presence
    broker: Presence
