"""The relay: a process that publishes rows the moment they are due."""

from __future__ import annotations

import signal
import threading
from datetime import timedelta
from types import FrameType
from typing import Final

import structlog
from celery import Celery
from sqlalchemy.exc import SQLAlchemyError

from shared import metrics
from shared.celery_app import app
from shared.container import Container, container
from shared.liveness import touch
from shared.observability import configure
from shared.settings import load_settings
from worker import exposing
from worker.dispatch import Outlet, broker_errors, open_publisher, publish_due

log = structlog.get_logger()

_REST: Final = 1.0
"""Seconds to wait for a broker or a database that is away, or for workers that lag behind."""

_RECOUNT: Final = timedelta(seconds=10)
"""How old the count of what waits in the broker may be: operators see it, too."""

_RECOUNT_FULL: Final = timedelta(milliseconds=100)
"""The same where a queue is nearly full: a count costs a round trip a queue."""


def run(deps: Container, celery: Celery, stopping: threading.Event) -> None:
    """Publish until told to stop, outliving broker and database."""
    away_errors: tuple[type[BaseException], ...] = (SQLAlchemyError, *broker_errors(celery))
    while not stopping.is_set():
        touch()
        try:
            with open_publisher(celery) as publisher:
                _relay(deps, celery, publisher, stopping)
        except away_errors as away:
            metrics.BROKER_MESSAGES.clear()  # nobody knows them now
            log.warning("relay.waiting", reason=f"{type(away).__name__}: {away}"[:300])
            stopping.wait(_REST)


def _relay(deps: Container, celery: Celery, publisher: Outlet, stopping: threading.Event) -> None:
    batch, room, recount_at = deps.settings.relay_batch, dict[str, int](), deps.clock()
    while not stopping.is_set():
        touch()
        now = deps.clock()
        if now >= recount_at:
            room, recount_at = room_in(deps, publisher), now + _RECOUNT
        if min(room.values()) < batch:
            recount_at = min(recount_at, now + _RECOUNT_FULL)
        if max(room.values()) <= 0:  # the broker's memory stays bounded however many rows are due
            stopping.wait(_REST)
            continue
        published = publish_due(deps, celery, publisher, deps.clock(), room)
        metrics.count_published("relay", (due.queue for due in published))
        for due in published:
            room[due.queue] -= 1
        if len(published) < batch:
            stopping.wait(deps.settings.relay_poll_interval)


def room_in(deps: Container, publisher: Outlet) -> dict[str, int]:
    """What each queue may still take: one that nobody empties holds up no other."""
    window, backlog = deps.settings.relay_window, publisher.backlog()
    for queue, waiting in backlog.items():
        metrics.BROKER_MESSAGES.labels(queue).set(waiting)
    return {queue: window - waiting for queue, waiting in backlog.items()}


def main() -> None:
    """Run as a process until SIGTERM or SIGINT."""
    configure(load_settings(), "relay")
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    exposing.expose(load_settings())
    log.info("relay.started")
    run(container("relay"), app, stopping)
    log.info("relay.stopped")


if __name__ == "__main__":
    main()
