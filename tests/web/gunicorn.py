"""A web process of one's own, as gunicorn runs it."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from cryptography.fernet import Fernet

from local import environment as env
from local.child import Child
from local.folders import PROJECT
from local.ports import free_port
from tests.web.conftest import AWAY, SECRET

PATIENCE = 60.0


@dataclass(frozen=True)
class Web:
    """Where it answers."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def is_alive(self) -> bool:
        try:
            return requests.get(f"{self.url}/health/live", timeout=PATIENCE).ok
        except requests.ConnectionError:
            return False


@contextmanager
def running_web(database_url: str, log: Path, **settings: str) -> Iterator[Web]:
    """A web process for the block, with these settings."""
    web = Web(free_port())
    environment = env.given() | {
        "DATABASE_URL": database_url,
        "REDIS_URL": AWAY,
        "JWT_SECRET": SECRET,
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "PORT": str(web.port),
    }
    command = [sys.executable, "-m", "gunicorn", "api_shim.wsgi:app"]
    command += ["--config", "api_shim/gunicorn.conf.py"]
    child = Child(command, log, PROJECT, environment | settings)
    child.start()
    try:
        deadline = time.monotonic() + PATIENCE
        while not web.is_alive():
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield web
    finally:
        child.stop()
