"""The system that the demonstration plays with: script/server, in a process of its own."""

import contextlib
import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from local.child import Child
from local.environment import PROVIDER_KEYS, given
from local.errors import EngineError, LocalError
from local.folders import DATA, PROJECT, temporary_folder

READY_SECONDS = 180.0
STOP_SECONDS = 60.0
_LOOK_SECONDS = 0.5
LOG = DATA / "demo.log"
# Impatient, so that nobody has to wait minutes to see what a lost answer or webhook leads to.
IMPATIENT = {
    "PROVIDER_READ_TIMEOUT": "3",
    "PROVIDER_DEADLINE": "4",
    "CLAIM_LEASE": "8",
    "REPUBLISH_AFTER": "10",
    "SWEEP_INTERVAL": "1",
    "RECONCILE_INTERVAL": "1",
    "ACTION_PATIENCE": "10",
    "RATE_LIMIT_PER_USER": "1000000/hour",  # its buyers have one address, and no time
    "RATE_LIMIT_PER_ADDRESS": "1000000/hour",
}


@dataclass(frozen=True)
class RunningSystem:
    """Its settings, and the process that holds it."""

    settings: Mapping[str, str]
    server: Child

    def wait(self) -> None:
        """Until it ends by itself: raises LocalError then, with what it said last."""
        while self.server.is_running:
            time.sleep(_LOOK_SECONDS)
        raise LocalError(f"The system has ended. {LOG} ends:\n{self.server.tail()}")


@contextlib.contextmanager
def running_system() -> Iterator[RunningSystem]:
    """The whole system for the block, over an empty database.

    Raises LocalError when it does not come up.
    """
    settings = given()
    _refuse_real_work(settings)
    DATA.mkdir(exist_ok=True)
    LOG.write_text("")
    with temporary_folder("demo") as folder:
        ready = folder / "ready.json"
        command = [sys.executable, "-m", "local.server", "--data", str(folder / "data")]
        command += ["--ready-file", str(ready)]
        server = Child(command, LOG, PROJECT, {**IMPATIENT, **settings})
        try:
            server.start()
            yield RunningSystem(_ready_settings(server, ready), server)
        finally:
            server.stop(STOP_SECONDS)


def _ready_settings(server: Child, ready: Path) -> Mapping[str, str]:
    deadline = time.monotonic() + READY_SECONDS
    while not ready.exists():
        if not server.is_running:
            raise EngineError(f"The system did not start. {LOG} ends:\n{server.tail()}")
        if time.monotonic() > deadline:
            raise EngineError(f"The system was not ready in time. {LOG} ends:\n{server.tail()}")
        time.sleep(0.1)
    settings: Mapping[str, str] = json.loads(ready.read_text())
    return settings


def _refuse_real_work(settings: Mapping[str, str]) -> None:
    for name in PROVIDER_KEYS:
        if name in settings:
            raise LocalError(f"{name} is set. The demo plays with its sandbox only: unset it.")
    if "DATABASE_URL" in settings and not _is_empty(settings["DATABASE_URL"]):
        raise LocalError("DATABASE_URL names a database in use. The demo wants an empty one.")


def _is_empty(database_url: str) -> bool:
    try:
        connection = psycopg2.connect(database_url)
    except psycopg2.OperationalError as away:
        raise LocalError(f"DATABASE_URL cannot be reached: {away}") from away
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        return cursor.fetchone() == (0,)
