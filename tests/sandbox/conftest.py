"""The sandbox process that these tests share; a listener for its webhooks."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.sandbox.listener import Listener

PATIENCE = 60.0


@pytest.fixture(scope="session")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one sandbox; every test has a tenant of its own in it."""
    ready = tmp_path_factory.mktemp("sandbox") / "url"
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--ready-file", str(ready)]
    with subprocess.Popen(command) as process:
        deadline = time.monotonic() + PATIENCE
        while not ready.exists():
            assert process.poll() is None, "the sandbox died at its start"
            assert time.monotonic() < deadline, "the sandbox did not start in time"
            time.sleep(0.02)
        yield ready.read_text(encoding="ascii")
        process.terminate()


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as opened:
        yield opened
