"""What travels on the wire: task and queue names."""

from typing import Final

from shared.domain.charge import Provider

CHARGE_EXECUTE: Final = "charge.execute"
CHARGE_CANCEL: Final = "charge.cancel"
REFUND_EXECUTE: Final = "refund.execute"
WEBHOOK_EVENT_HANDLE: Final = "webhook_event.handle"
OUTBOUND_EVENT_DELIVER: Final = "outbound_event.deliver"
SWEEP_RUN: Final = "sweep.run"
RECONCILE_RUN: Final = "reconcile.run"
WATCH_RUN: Final = "watch.run"
RETENTION_RUN: Final = "retention.run"

OUTBOUND: Final = "outbound"
MAINTENANCE: Final = "maintenance"

_QUEUES: Final = {
    CHARGE_EXECUTE: "{provider}",
    CHARGE_CANCEL: "{provider}",
    REFUND_EXECUTE: "{provider}",
    WEBHOOK_EVENT_HANDLE: "{provider}-events",
    RECONCILE_RUN: "{provider}-events",
    OUTBOUND_EVENT_DELIVER: OUTBOUND,
    SWEEP_RUN: MAINTENANCE,
    WATCH_RUN: MAINTENANCE,
    RETENTION_RUN: MAINTENANCE,
}


def queue_of(task: str, provider: str | None = None) -> str:
    """The queue of a task: what asks a provider shares none with what asks another."""
    return _QUEUES[task].format(provider=provider)


def subject_of(task: str) -> str:
    """The name of the thing whose id a task takes."""
    return "delivery" if task == OUTBOUND_EVENT_DELIVER else task.partition(".")[0]


QUEUES: Final = tuple(
    dict.fromkeys(queue_of(task, provider) for task in _QUEUES for provider in Provider)
)
"""All of them."""
