"""One running system for the tests of this folder."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.engines import Redis
from local.folders import temporary_folder
from tests.system.system import System


@pytest.fixture(scope="module")
def system(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """Everything running, over a Redis that may be killed."""
    with temporary_folder("system") as folder, Redis(folder) as redis:
        running = System(Path(tmp_path_factory.mktemp("system")), new_database(), redis)
        try:
            running.start()
            yield running
        finally:
            running.stop()
