"""A task's context: the span it runs in, the ids on each line that it logs."""

from __future__ import annotations

from typing import Any, Final

import celery
import structlog
from opentelemetry.trace import SpanKind

from shared import tracing
from shared.container import container
from shared.db import unit_of_work
from shared.repository.traces import traceparent_of
from shared.task_names import (
    CHARGE_CANCEL,
    CHARGE_EXECUTE,
    OUTBOUND_EVENT_DELIVER,
    RECONCILE_RUN,
    REFUND_EXECUTE,
    WEBHOOK_EVENT_HANDLE,
)

PROCESS: Final = "worker"

_SUBJECTS: Final = {
    CHARGE_EXECUTE: "charge_id",
    CHARGE_CANCEL: "charge_id",
    REFUND_EXECUTE: "refund_id",
    WEBHOOK_EVENT_HANDLE: "webhook_event_id",
    OUTBOUND_EVENT_DELIVER: "delivery_id",
    RECONCILE_RUN: "provider",
}
"""What a task's argument is called wherever it is told."""


class Task(celery.Task):  # type: ignore[type-arg] # generic in its published types alone
    """Every task, run in its context.

    The lines' ids stay until the thread's next task: Celery itself speaks of a task after its end.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 # Celery's signature
        """Run the task."""
        facts = {"task_id": self.request.id}
        facts |= dict(zip(filter(None, [_SUBJECTS.get(self.name)]), args, strict=False))
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(task=self.name, **facts)
        with tracing.span(self.name, SpanKind.CONSUMER, parent=self._parent(args), **facts):
            return self.run(*args, **kwargs)

    def _parent(self, args: tuple[Any, ...]) -> str | None:
        if not args or not tracing.is_on():
            return None
        with unit_of_work(container(PROCESS).engine) as connection:
            return traceparent_of(connection, self.name, args[0])
