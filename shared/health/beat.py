"""Whether beat's rounds end, as they leave it on record."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from shared.health.findings import Finding
from shared.repository.rounds import last_round
from shared.settings import Settings
from shared.task_names import WATCH_RUN

MISSED: Final = 3
"""Intervals without a round; the alert BeatSilent waits for some ten minutes."""


def beat(connection: Connection, settings: Settings, now: datetime) -> Finding:
    """Whether the watch, which a worker does at beat's call, was done lately."""
    last = last_round(connection, WATCH_RUN)
    silence = MISSED * timedelta(seconds=settings.watch_interval)
    is_well = last is not None and now - last < silence
    told = f"Its last round was at {last:%Y-%m-%d %H:%M:%S}" if last else "It never had a round"
    advice = "." if is_well else ": start the processes beat and maintenance of the Procfile."
    return Finding("beat", is_well, told + advice)
