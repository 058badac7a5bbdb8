"""How gunicorn serves the shim."""

import gc
from shutil import rmtree
from tempfile import mkdtemp

from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.http.message import Request
from gunicorn.workers.base import Worker

from api_shim.reading import LARGEST_BODY
from shared.observability import library_logging
from shared.settings import load_settings


class Quiet(Logger):
    """gunicorn's own, without what it gathers of each request for a line that nobody asked for."""

    access_log_enabled = False


_settings = load_settings()
_counts = mkdtemp(prefix="chargehand-counts-")

_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host

bind = f"{_host}:{_settings.port}"
workers = _settings.web_concurrency
worker_class = "api_shim.punctual.PunctualWorker"
threads = _settings.web_threads
timeout = 60
graceful_timeout = 30
keepalive = 30
logger_class = Quiet
control_socket_disable = True
# What never becomes a request is refused by the server itself.
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190
forwarded_allow_ips = ""  # whose word is taken is TRUSTED_PROXIES' to say
logconfig_dict = library_logging()
# prometheus-client looks for it as it is imported, in the workers.
raw_env = [f"PROMETHEUS_MULTIPROC_DIR={_counts}"]


def post_worker_init(_worker: Worker) -> None:
    """Spare the collector of garbage what lives as long as the process."""
    gc.freeze()


def pre_request(_worker: Worker, message: Request) -> None:
    """Say that the connection ends where a body is too long to be read: it does."""
    told = dict(message.headers).get("CONTENT-LENGTH", "")
    if told.isdigit() and int(told) > LARGEST_BODY:
        message.force_close()


def on_exit(_server: Arbiter) -> None:
    """Forget what was counted: a counter begins anew with its process."""
    rmtree(_counts, ignore_errors=True)
