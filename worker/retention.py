"""Retention: beat's round that has months ready for what comes, and lets go of what is old."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from shared import metrics
from shared.container import Container
from shared.db import unit_of_work
from shared.repository import months, outbound_retention, overdue, retention

log = structlog.get_logger()

STEPS: Final = 20
"""Of each kind in a round, each a transaction of its own: the next round goes on."""

_MONTH: Final = timedelta(days=31)


def run(deps: Container) -> None:
    """Add months, drop what is kept no longer. Safe to run twice at once."""
    now, settings = deps.clock(), deps.settings
    with unit_of_work(deps.engine) as connection:
        forgotten = overdue.forget_old_keys(connection, now)
        forgotten += outbound_retention.forget_deliveries(connection, now)
    kept = {
        "attempts": settings.moves_kept,
        "webhook_events": settings.webhook_events_kept,
        "outbound_events": settings.outbound_events_kept,
    }
    dropped = {
        kind: _drop(deps, kind, now - count * _MONTH) for kind, count in kept.items() if count
    }
    if settings.moves_kept:
        dropped["months"] = _drop_months(deps, now - settings.moves_kept * _MONTH)
    done = {"forgotten": forgotten, "months_added": _add_months(deps, now), **dropped}
    metrics.count_round("retention", done)
    log.info("retention.done", **done)


def _drop(deps: Container, kind: str, before: datetime) -> int:
    dropped, after = 0, 0
    for _ in range(STEPS):
        with unit_of_work(deps.engine) as connection:
            look = retention.drop_oldest(connection, kind, before, after)
        dropped += look.dropped
        if look.last is None:
            break
        after = look.last
    return dropped


def _add_months(deps: Container, now: datetime) -> int:
    return _count(deps, lambda connection: months.add_month(connection, now))


def _drop_months(deps: Container, before: datetime) -> int:
    return _count(deps, lambda connection: months.drop_month(connection, before) is not None)


def _count(deps: Container, change: Callable[[Connection], bool]) -> int:
    """How many changes were made until there was none to make, or its locks were not free."""
    for made in range(STEPS):
        try:
            with unit_of_work(deps.engine) as connection:
                if not change(connection):
                    return made
        except OperationalError as busy:  # the next round tries again
            log.warning("retention.waiting", reason=type(busy.orig).__name__)
            return made
    return STEPS
