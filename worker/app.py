"""The worker's door: what `celery -A worker.app` loads."""

import gc

from celery.signals import worker_ready

from shared.celery_app import app
from shared.observability import configure
from shared.settings import load_settings
from worker import exposing, tasks
from worker.context import PROCESS
from worker.liveness import Liveness
from worker.telling import Telling

configure(load_settings(), PROCESS)
app.steps["consumer"] |= {Liveness, Telling}
exposing.watch_worker()


@worker_ready.connect
def _keep_what_stays(**_: object) -> None:
    """Spare the collector of garbage what lives as long as the process: a tenth of a charge."""
    gc.freeze()


__all__ = ["app", "tasks"]
