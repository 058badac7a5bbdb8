"""The Celery application, as the worker runs it."""

from celery import Celery

app = Celery("chargehand")
app.config_from_object("celeryconfig")
