"""The application of the web process, made with any settings."""

from collections.abc import Callable, Iterator

import pytest
from cryptography.fernet import Fernet
from flask.testing import FlaskClient

from api_shim.app import create_app
from shared.container import build
from shared.settings import Settings

SECRET = "an HS256 secret of forty characters, made up"
AWAY = "redis://127.0.0.1:1/0"

MakeClient = Callable[..., FlaskClient]


@pytest.fixture
def make_client(database_url: str) -> Iterator[MakeClient]:
    """Make a client of an application with these settings; without a word on it, Redis is away."""
    containers = []

    def make(**changed: object) -> FlaskClient:
        told = {
            "database_url": database_url,
            "redis_url": AWAY,
            "jwt_secret": SECRET,
            "encryption_keys": Fernet.generate_key().decode(),
        }
        container = build(Settings.model_validate(told | changed), name="test")
        containers.append(container)
        return create_app(container).test_client()

    yield make
    for container in containers:
        container.engine.dispose()


@pytest.fixture
def client(make_client: MakeClient) -> FlaskClient:
    """A client of an application with the settings' defaults."""
    return make_client()
