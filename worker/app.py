"""The worker's door: what `celery -A worker.app` loads."""

from shared.celery_app import app
from shared.observability import configure
from shared.settings import load_settings
from worker import exposing, tasks
from worker.context import PROCESS
from worker.liveness import Liveness

configure(load_settings(), PROCESS)
app.steps["consumer"].add(Liveness)
exposing.watch_worker()

__all__ = ["app", "tasks"]
