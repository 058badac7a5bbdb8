"""A task's context: the span it runs in, the ids on each line that it logs."""

from __future__ import annotations

from typing import Any, Final

import celery
import structlog
from opentelemetry.trace import SpanKind

from shared import metrics, tracing
from shared.container import container
from shared.db import unit_of_work
from shared.failures import named
from shared.repository.traces import traceparent_of
from shared.task_names import (
    CHARGE_CANCEL,
    CHARGE_EXECUTE,
    OUTBOUND_EVENT_DELIVER,
    RECONCILE_RUN,
    REFUND_EXECUTE,
    WEBHOOK_EVENT_HANDLE,
)

log = structlog.get_logger()

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


class TaskFailed(Exception):
    """A task ended in an exception, which Celery and Flower know by its name alone."""


class Task(celery.Task):  # type: ignore[type-arg] # generic in its published types alone
    """Every task, run in its context; the one place where its failure is told."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 # Celery's signature
        """Run the task; TaskFailed for whatever it raises."""
        facts = {"task_id": self.request.id}
        facts |= dict(zip(filter(None, [_SUBJECTS.get(self.name)]), args, strict=False))
        metrics.TASKS_TAKEN.labels((self.request.delivery_info or {}).get("routing_key")).inc()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(task=self.name, **facts)
        try:
            with tracing.span(self.name, SpanKind.CONSUMER, parent=self._parent(args), **facts):
                return self.run(*args, **kwargs)
        except Exception as error:
            metrics.TASK_FAILURES.labels(self.name, type(error).__name__).inc()
            log.error("task.failed", exc_info=error)
            raise TaskFailed(named(error)) from None

    def _parent(self, args: tuple[Any, ...]) -> str | None:
        if not args or not tracing.is_on():
            return None
        with unit_of_work(container(PROCESS).engine) as connection:
            return traceparent_of(connection, self.name, args[0])
