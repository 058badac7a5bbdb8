"""The web door: what gunicorn loads."""

from api_shim.app import create_app
from api_shim.proxies import behind
from shared.container import container
from shared.observability import configure_logging
from shared.settings import load_settings

configure_logging(load_settings().log_level)
app = behind(load_settings().trusted_proxies, create_app(container("web")))
