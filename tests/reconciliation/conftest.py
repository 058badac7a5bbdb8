"""A sandbox for all tests of this folder; a workshop with a world and a database for each."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from local import environment as env
from local.development_keys import DevelopmentKeys
from local.folders import temporary_folder
from local.sandboxed import Sandbox
from tests.reconciliation.buckets import BucketsInRedis
from tests.reconciliation.workshop import Workshop


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One sandbox process; each workshop opens a world of its own in it."""
    with (
        temporary_folder("workshop") as folder,
        Sandbox(folder, DevelopmentKeys(), env.given()) as running,
    ):
        yield running


@pytest.fixture
def workshop(sandbox: Sandbox, own_database_url: str) -> Iterator[Workshop]:
    """Everything but processes and webhooks: none is ever delivered here."""
    with Workshop(sandbox.url, own_database_url) as made:
        yield made


@pytest.fixture
def in_redis(redis: str) -> Iterator[BucketsInRedis]:
    """Full buckets."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    database = int(worker) + 1  # a given Redis is shared by what runs side by side
    buckets = BucketsInRedis(urlsplit(redis)._replace(path=f"/{database}").geturl())
    buckets.lose_everything()
    yield buckets
    buckets.lose_everything()
