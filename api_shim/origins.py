"""Which other origins' pages may call the API from a browser (CORS)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import Flask
from flask_cors import CORS

_SENT: Final = ("Authorization", "Content-Type", "Accept", "If-None-Match", "Idempotency-Key")
_READ: Final = ("Location", "Retry-After", "ETag", "Idempotent-Replayed", "X-Request-Id")
_MAX_AGE: Final = 600
"""Seconds for which a browser need not ask again."""


def install(app: Flask, origins: Sequence[str]) -> None:
    """Admit pages of these origins to /v1; their tokens, but no cookies."""
    if origins:
        CORS(
            app,
            resources=r"/v1/.*",
            origins=list(origins),
            allow_headers=list(_SENT),
            expose_headers=list(_READ),
            max_age=_MAX_AGE,
        )
