"""The web door: what gunicorn loads."""

from api_shim.app import create_app
from shared.container import container
from shared.observability import configure_logging
from shared.settings import load_settings

configure_logging(load_settings().log_level)
app = create_app(container("web"))
