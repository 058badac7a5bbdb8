"""The consumer: Celery's own, which is back soon after its broker is."""

from __future__ import annotations

from typing import Final

import structlog
from celery.worker import consumer
from celery.worker.state import maybe_shutdown
from kombu import Connection

log = structlog.get_logger()

_RETRY_SECONDS: Final = 2
"""Between two tries to reach the broker; Celery's own waits grow to 30 s and have no setting."""


class Consumer(consumer.Consumer):
    """What the setting `worker_consumer` names."""

    def ensure_connected(self, conn: Connection) -> Connection:
        """The connection, once it stands."""

        def tell(away: Exception, _interval: float) -> None:
            log.warning("broker.away", reason=f"{type(away).__name__}: {away}"[:300])

        conn.ensure_connection(
            tell,
            interval_start=_RETRY_SECONDS,
            interval_step=0,
            interval_max=_RETRY_SECONDS,
            callback=maybe_shutdown,
        )
        self.first_connection_attempt = False
        return conn
