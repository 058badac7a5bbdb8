"""Celery's settings: the database is the truth, a message is a wake-up hint with an id."""

from kombu import Exchange, Queue

from shared.domain.charge import Provider
from shared.settings import load_settings
from shared.task_names import (
    MAINTENANCE,
    QUEUES,
    RECONCILE_RUN,
    RETENTION_RUN,
    SWEEP_RUN,
    WATCH_RUN,
    queue_of,
)

_settings = load_settings()
_on_redis = _settings.broker.startswith(("redis://", "rediss://"))

broker_url = _settings.broker
broker_connection_retry_on_startup = True
broker_connection_max_retries = None  # for ever: the rows wait, so can we
broker_connection_timeout = 3
broker_pool_limit = 10
broker_pool_acquire_timeout = 5  # the default waits for ever

# Without a socket timeout a half-open connection hangs the worker; without max_retries=0 opening
# a channel has a back-off of its own.
_REDIS_OPTIONS = {
    "socket_connect_timeout": 3,
    "socket_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 5,
    "retry_on_timeout": True,
    "global_keyprefix": "chargehand:",
    "priority_steps": [0],
    "queue_order_strategy": "priority",
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
# Who publishes rows has RabbitMQ confirm it; a worker's events must not wait for that: threads and
# the loop read their connection, and what one waits for another takes.
broker_transport_options = _REDIS_OPTIONS if _on_redis else {}

_QUORUM = None if _on_redis else {"x-queue-type": "quorum"}
task_queues = [
    Queue(name, Exchange(name), routing_key=name, queue_arguments=_QUORUM) for name in QUEUES
]
task_default_queue = MAINTENANCE
task_default_queue_type = "classic" if _on_redis else "quorum"
task_create_missing_queues = False

task_serializer = "json"
accept_content = ["json"]
event_serializer = "json"
task_ignore_result = True  # the row is the result
result_backend = None

task_acks_late = True
task_acks_on_failure = True  # what failed is in its row; the relay tells it again
task_acks_on_timeout = True
task_reject_on_worker_lost = True
task_publish_retry = False
task_send_sent_event = False
worker_send_task_events = True  # Flower
task_track_started = False

# Threads: 64 charges in flight for 0.1 MB each, where processes take 41 MB. They know no time
# limits; the provider's deadline and the claim's lease bound a charge instead.
worker_pool = "threads"
worker_concurrency = _settings.worker_concurrency
worker_prefetch_multiplier = 1
worker_cancel_long_running_tasks_on_connection_loss = False  # never kill a charge in flight
worker_disable_rate_limits = True
worker_hijack_root_logger = False
worker_redirect_stdouts = False
worker_detect_quorum_queues = not _on_redis

beat_max_loop_interval = 5  # it says that often that it lives

enable_utc = True
timezone = "UTC"

_ROUNDS: list[tuple[str, float, tuple[str, ...]]] = [
    (SWEEP_RUN, _settings.sweep_interval, ()),
    (WATCH_RUN, _settings.watch_interval, ()),
    (RETENTION_RUN, _settings.retention_interval, ()),
    *((RECONCILE_RUN, _settings.reconcile_interval, (provider.value,)) for provider in Provider),
]
beat_schedule = {
    " ".join((task, *args)): {
        "task": task,
        "args": args,
        "schedule": interval,
        "options": {"queue": queue_of(task, *args), "expires": interval * 2},
    }
    for task, interval, args in _ROUNDS
}
