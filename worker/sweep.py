"""The sweep: beat's round for what waits for something that does not come."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import structlog

from shared.celery_app import app
from shared.container import Container
from shared.db import unit_of_work
from shared.domain.age_limits import AGE_LIMITS
from shared.repository import outbound_retention, overdue
from shared.settlement import Source, settle
from worker.dispatch import open_publisher, publish_due

log = structlog.get_logger()

RELAY_GRACE: Final = timedelta(seconds=10)
"""What is due for longer has no relay; the sweep then publishes itself."""


def run(deps: Container) -> None:
    """Publish what nobody published, look up what is overdue, expire what nobody pays for.

    Safe to run twice at once: each row is taken by one.
    """
    now = deps.clock()
    with open_publisher(app) as publisher:
        published = publish_due(deps, app, publisher, now - RELAY_GRACE)
    looked_up = look_up_overdue(deps)
    with unit_of_work(deps.engine) as connection:
        expired = overdue.expire_orders(connection, now)
        forgotten = overdue.forget_old_keys(connection, now)
        forgotten += outbound_retention.forget_deliveries(connection, now)
    log.info(
        "sweep.done",
        published=len(published),
        looked_up=looked_up,
        expired=expired,
        forgotten=forgotten,
    )


def look_up_overdue(deps: Container) -> int:
    """Ask the provider where the charges stand that it or the payer keeps waiting."""
    now = deps.clock()
    again = {
        status: now + limit.look_again
        for status, limit in AGE_LIMITS.items()
        if limit.look_again is not None
    }
    with unit_of_work(deps.engine) as connection:
        late = overdue.take_overdue(connection, now=now, again=again)
    for charge in late:
        provider = deps.provider(charge.provider)
        outcome = provider.fetch(charge.provider_reference, charge.account)
        with unit_of_work(deps.engine) as connection:
            settle(connection, deps, charge.id, outcome, Source("sweep"))
    return len(late)
