"""A sandbox for all tests of this folder; a workshop with a world and a database for each."""

from collections.abc import Callable, Iterator

import pytest

from local import environment as env
from local.development_keys import DevelopmentKeys
from local.folders import temporary_folder
from local.sandboxed import Sandbox
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
def workshop(sandbox: Sandbox, new_database: Callable[[], str]) -> Iterator[Workshop]:
    """Everything but processes and webhooks: none is ever delivered here."""
    with Workshop(sandbox.url, new_database()) as made:
        yield made
