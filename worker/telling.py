"""Telling Flower: a worker's events about its tasks go out together, not each by itself."""

from __future__ import annotations

from typing import Any, Final

from celery import bootsteps
from celery.worker.consumer.events import Events

_EVERY: Final = 0.5
"""Seconds."""

_MOST: Final = 1000
"""Events that wait at most; there are three a task."""


class Telling(bootsteps.StartStopStep):
    """Celery sends what waits at each turn of its loop, which at some load is one event a message.

    What waits when a worker is killed is lost to Flower.
    """

    requires = (Events,)

    def start(self, parent: Any) -> None:  # noqa: ANN401 # more of Celery's than its types know
        """Begin with each connection: Celery forgets its timers when it loses one."""
        told = parent.event_dispatcher
        told.on_send_buffered, told.buffer_limit = None, _MOST
        parent.timer.call_repeatedly(_EVERY, parent.call_soon, (told.flush,))

    def stop(self, parent: Any) -> None:  # noqa: ANN401 # as above
        """Send what waits, while there is a connection."""
        if parent.event_dispatcher:
            parent.event_dispatcher.flush()
