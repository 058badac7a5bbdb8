"""The Celery application, as the worker runs it."""

from celery import Celery

from shared import broker

broker.register()
app = Celery("chargehand", amqp=broker.AMQP)
app.config_from_object("celeryconfig")
