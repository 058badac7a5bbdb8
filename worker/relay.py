"""The relay: a process that publishes rows the moment they are due."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Final

import structlog
from celery import Celery
from sqlalchemy.exc import SQLAlchemyError

from shared.celery_app import app
from shared.container import Container, container
from shared.liveness import touch
from shared.observability import configure_logging
from shared.settings import load_settings
from worker.dispatch import Outlet, broker_errors, open_publisher, publish_due

log = structlog.get_logger()

_REST: Final = 1.0
"""Seconds to wait for a broker or a database that is away, or for workers that lag behind."""


def run(deps: Container, celery: Celery, stopping: threading.Event) -> None:
    """Publish until told to stop, outliving broker and database."""
    away_errors: tuple[type[BaseException], ...] = (SQLAlchemyError, *broker_errors(celery))
    while not stopping.is_set():
        touch()
        try:
            with open_publisher(celery) as publisher:
                _relay(deps, celery, publisher, stopping)
        except away_errors as away:
            log.warning("relay.waiting", reason=f"{type(away).__name__}: {away}"[:300])
            stopping.wait(_REST)


def _relay(deps: Container, celery: Celery, publisher: Outlet, stopping: threading.Event) -> None:
    batch, room = deps.settings.relay_batch, dict[str, int]()
    while not stopping.is_set():
        touch()
        if min(room.values(), default=0) < batch:
            room = room_in(deps, publisher)
        if max(room.values()) <= 0:  # the broker's memory stays bounded however many rows are due
            stopping.wait(_REST)
            continue
        published = publish_due(deps, celery, publisher, deps.clock(), room)
        for due in published:
            room[due.queue] -= 1
        if len(published) < batch:
            stopping.wait(deps.settings.relay_poll_interval)


def room_in(deps: Container, publisher: Outlet) -> dict[str, int]:
    """What each queue may still take: one that nobody empties holds up no other."""
    window = deps.settings.relay_window
    return {queue: window - waiting for queue, waiting in publisher.backlog().items()}


def main() -> None:
    """Run as a process until SIGTERM or SIGINT."""
    configure_logging(load_settings().log_level)
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    log.info("relay.started")
    run(container("relay"), app, stopping)
    log.info("relay.stopped")


if __name__ == "__main__":
    main()
