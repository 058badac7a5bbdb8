"""Health on the wire."""

from __future__ import annotations

from typing import Literal

from api_shim.schemas.base import Document

Presence = Literal["ok", "away"]


class Alive(Document):
    """The process answers."""

    status: Literal["ok"]


class Readiness(Document):
    """What is there, what is away; without a broker charges are still accepted."""

    status: Literal["ok", "degraded", "unavailable"]
    database: Presence
    broker: Presence
