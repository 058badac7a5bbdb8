"""How gunicorn serves the shim."""

from shared.settings import load_settings

_settings = load_settings()

bind = f"{_settings.host}:{_settings.port}"
workers = _settings.web_concurrency
worker_class = "gthread"
threads = _settings.web_threads
timeout = 60
graceful_timeout = 30
keepalive = 30
accesslog = None
control_socket_disable = True
