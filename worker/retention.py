"""Retention: beat's round that has months ready for what comes, and lets go of what is old."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from shared import metrics
from shared.container import Container
from shared.db import unit_of_work
from shared.repository import months, outbound_retention, overdue, retention
from shared.settings import Settings

log = structlog.get_logger()

LONGEST: Final = timedelta(seconds=30)
"""For how long a round drops: a worker told to stop is killed a minute later."""

STEPS: Final = 20
"""Months that a round adds or drops, each a transaction of its own: the next round goes on."""

_MONTH: Final = timedelta(days=31)

Batches = Iterator[int]
"""How many rows each next transaction dropped, until there is nothing more to drop."""


def run(deps: Container) -> None:
    """Add months, drop what is kept no longer. Safe to run twice at once."""
    now, settings = deps.clock(), deps.settings
    done = {"months_added": _add_months(deps, now)}
    if settings.moves_kept:
        done["months"] = _drop_months(deps, now - settings.moves_kept * _MONTH)
    until = now + _longest(settings)
    done |= _drop_by_turns(_kinds(deps, now), lambda: deps.clock() >= until)
    metrics.count_round("retention", done)
    log.info("retention.done", **done)


def _longest(settings: Settings) -> timedelta:
    """Half of the time until the next round at most, so that the database rests between."""
    return min(timedelta(seconds=settings.retention_interval) / 2, LONGEST)


def _kinds(deps: Container, now: datetime) -> Iterator[tuple[str, Batches]]:
    keys, deliveries = overdue.forget_old_keys, outbound_retention.forget_deliveries
    yield "forgotten", _forget(deps, now, keys, overdue.MOST_KEYS)
    yield "forgotten", _forget(deps, now, deliveries, outbound_retention.MOST)
    settings = deps.settings
    kept = {
        "attempts": settings.moves_kept,
        "webhook_events": settings.webhook_events_kept,
        "outbound_events": settings.outbound_events_kept,
    }
    for kind, count in kept.items():
        if count:
            yield kind, _drop(deps, kind, now - count * _MONTH)


def _drop_by_turns(
    kinds: Iterable[tuple[str, Batches]], is_over: Callable[[], bool]
) -> Counter[str]:
    """A batch of each kind, then the next of each: none waits for another's end."""
    left, dropped = list(kinds), Counter[str]()
    dropped.update({kind: 0 for kind, _ in left})
    while left:
        for turn in tuple(left):
            kind, batches = turn
            rows = next(batches, None)
            if rows is None:
                left.remove(turn)
            else:
                dropped[kind] += rows
        if is_over():
            break
    return dropped


def _forget(
    deps: Container, now: datetime, forget: Callable[[Connection, datetime], int], most: int
) -> Batches:
    rows = most
    while rows >= most:
        with unit_of_work(deps.engine) as connection:
            rows = forget(connection, now)
        yield rows


def _drop(deps: Container, kind: str, before: datetime) -> Batches:
    after: int | None = 0
    while after is not None:
        with unit_of_work(deps.engine) as connection:
            look = retention.drop_oldest(connection, kind, before, after)
        yield look.dropped
        after = look.last


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
