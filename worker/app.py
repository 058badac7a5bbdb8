"""The worker's door: what `celery -A worker.app` loads."""

from shared.celery_app import app
from shared.observability import configure_logging
from shared.settings import load_settings
from worker import exposing, tasks
from worker.liveness import Liveness

configure_logging(load_settings().log_level)
app.steps["consumer"].add(Liveness)
exposing.watch_worker()

__all__ = ["app", "tasks"]
