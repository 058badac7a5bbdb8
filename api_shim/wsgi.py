"""The web door: what gunicorn loads."""

from api_shim.app import create_app
from api_shim.proxies import behind
from shared.container import container
from shared.observability import configure
from shared.settings import load_settings

configure(load_settings(), "web")
app = behind(load_settings().trusted_proxies, create_app(container("web")))
