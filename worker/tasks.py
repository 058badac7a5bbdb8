"""The tasks: a name, an id, one call; what they return, Flower shows.

Of a round it hears nothing: within hours, rounds would drive all charges out of its memory.
"""

from shared.celery_app import app
from shared.container import container
from shared.domain.charge import Provider
from shared.task_names import (
    CHARGE_CANCEL,
    CHARGE_EXECUTE,
    OUTBOUND_EVENT_DELIVER,
    RECONCILE_RUN,
    REFUND_EXECUTE,
    RETENTION_RUN,
    SWEEP_RUN,
    WATCH_RUN,
    WEBHOOK_EVENT_HANDLE,
)
from worker import (
    canceling,
    charging,
    inbox,
    outbound,
    reconciliation,
    refunding,
    retention,
    sweep,
    watch,
)
from worker.context import PROCESS
from worker.report import Report

app.task_cls = "worker.context:Task"


@app.task(name=CHARGE_EXECUTE)
def charge_execute(charge_id: int) -> Report | None:
    """Carry a charge one step on."""
    return charging.execute(container(PROCESS), charge_id, charge_execute.request.id)


@app.task(name=CHARGE_CANCEL)
def charge_cancel(charge_id: int) -> Report | None:
    """Carry out the wish to cancel a charge."""
    return canceling.execute(container(PROCESS), charge_id)


@app.task(name=REFUND_EXECUTE)
def refund_execute(refund_id: int) -> Report | None:
    """Carry a refund one step on."""
    return refunding.execute(container(PROCESS), refund_id)


@app.task(name=WEBHOOK_EVENT_HANDLE)
def webhook_event_handle(event_id: int) -> Report | None:
    """Apply a stored webhook event."""
    return inbox.handle(container(PROCESS), event_id)


@app.task(name=OUTBOUND_EVENT_DELIVER)
def outbound_event_deliver(delivery_id: int) -> Report | None:
    """Send an event to an endpoint."""
    return outbound.deliver(container(PROCESS), delivery_id)


@app.task(name=SWEEP_RUN, send_events=False)
def sweep_run() -> None:
    """Find what waits for something that does not come."""
    sweep.run(container(PROCESS))


@app.task(name=RECONCILE_RUN, send_events=False)
def reconcile_run(provider: str) -> None:
    """Find what the provider knows and we do not."""
    reconciliation.run(container(PROCESS).only(Provider(provider)))


@app.task(name=WATCH_RUN, send_events=False)
def watch_run() -> None:
    """Say what is stuck."""
    watch.run(container(PROCESS))


@app.task(name=RETENTION_RUN, send_events=False)
def retention_run() -> None:
    """Have months ready, let go of what is old."""
    retention.run(container(PROCESS))
