"""The sweep: beat's round for what waits for something that does not come."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import structlog

from shared import metrics
from shared.celery_app import app
from shared.container import Container
from shared.db import unit_of_work
from shared.repository import overdue
from worker.dispatch import open_publisher, publish_due

log = structlog.get_logger()

RELAY_GRACE: Final = timedelta(seconds=10)
"""What is due for longer has no relay; the sweep then publishes itself."""


def run(deps: Container) -> None:
    """Publish what nobody published, call off and expire what nobody pays for.

    It asks no provider.

    Safe to run twice at once: each row is taken by one.
    """
    now = deps.clock()
    with open_publisher(app) as publisher:
        published = publish_due(deps, app, publisher, now - RELAY_GRACE)
    metrics.count_published("sweep", (due.queue for due in published))
    with unit_of_work(deps.engine) as connection:
        abandoned = overdue.call_off_abandoned(connection, now, deps.settings.limits.action)
        expired = overdue.expire_orders(connection, now)
    done = {
        "published": len(published),
        "abandoned": abandoned,
        "expired": expired,
    }
    metrics.count_round("sweep", done)
    log.info("sweep.done", **done)
