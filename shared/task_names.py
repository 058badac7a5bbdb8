"""What travels on the wire: task and queue names."""

from typing import Final

CHARGE_EXECUTE: Final = "charge.execute"
CHARGE_CANCEL: Final = "charge.cancel"
REFUND_EXECUTE: Final = "refund.execute"
WEBHOOK_EVENT_HANDLE: Final = "webhook_event.handle"
OUTBOUND_EVENT_DELIVER: Final = "outbound_event.deliver"
SWEEP_RUN: Final = "sweep.run"
RECONCILE_RUN: Final = "reconcile.run"
WATCH_RUN: Final = "watch.run"

CHARGES: Final = "charges"
WEBHOOKS: Final = "webhooks"
OUTBOUND: Final = "outbound"
MAINTENANCE: Final = "maintenance"

QUEUES: Final = {
    CHARGE_EXECUTE: CHARGES,
    CHARGE_CANCEL: CHARGES,
    REFUND_EXECUTE: CHARGES,
    WEBHOOK_EVENT_HANDLE: WEBHOOKS,
    OUTBOUND_EVENT_DELIVER: OUTBOUND,
    SWEEP_RUN: MAINTENANCE,
    RECONCILE_RUN: MAINTENANCE,
    WATCH_RUN: MAINTENANCE,
}
"""The queue of each task."""
