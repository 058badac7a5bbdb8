"""How gunicorn serves the shim."""

from shared.observability import library_logging
from shared.settings import load_settings

_settings = load_settings()

_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host

bind = f"{_host}:{_settings.port}"
workers = _settings.web_concurrency
worker_class = "api_shim.punctual.PunctualWorker"
threads = _settings.web_threads
timeout = 60
graceful_timeout = 30
keepalive = 30
accesslog = None
control_socket_disable = True
# What never becomes a request is refused by the server itself.
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190
forwarded_allow_ips = ""  # whose word is taken is TRUSTED_PROXIES' to say
logconfig_dict = library_logging()
