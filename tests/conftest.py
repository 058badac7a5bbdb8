"""The engines, databases and the sandbox that tests run on.

`TEST_DATABASE_URL` and `TEST_REDIS_URL` name given engines; without them embedded ones are started
once per run. A given Postgres user must be allowed to create databases.
"""

import contextlib
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

import psycopg2
import pytest
from psycopg2 import sql
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from local.engines import Postgres, Redis
from local.folders import temporary_folder
from local.ports import ANY_PORT

PROJECT = Path(__file__).resolve().parent.parent
MIGRATE = ("-m", "alembic", "-c", "shared/migrations/alembic.ini", "upgrade", "head")
PATIENCE = 60.0
os.environ[ANY_PORT] = "1"  # tests run side by side
BROWSER = "tests/browser/"
DROP = "DROP DATABASE IF EXISTS {} WITH (FORCE)"
MEMORY = Path("/dev/shm")  # noqa: S108 a folder of our own is made in it
ROOM = 4 << 30
TEMPLATE = f"chargehand_template_{os.getpid()}"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """Share the tests out by file, the browser's all to one: they stand in one storefront."""
    return _ByPlace(config, log)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a Postgres server; its own database is nobody's: take `database_url` instead."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    with quick_folder() as folder, Postgres(folder, durable=False) as server:
        yield server.url


@pytest.fixture(scope="session")
def redis() -> Iterator[str]:
    """The URL of a Redis server that all tests of the run share."""
    if given := os.environ.get("TEST_REDIS_URL"):
        yield given
        return
    with temporary_folder("tests") as folder, Redis(folder) as server:
        yield server.url


@pytest.fixture(scope="session")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a sandbox process that all tests of the run share."""
    ready = tmp_path_factory.mktemp("sandbox") / "url"
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--ready-file", str(ready)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL) as process:
        try:
            yield _wait_for(ready, process)
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def new_database(postgres: str) -> Iterator[Callable[[], str]]:
    """Make a fresh migrated database, and give its URL; at the end all go."""
    numbers = itertools.count(1)
    made = [TEMPLATE]

    def make() -> str:
        name = f"chargehand_test_{os.getpid()}_{next(numbers)}"
        _run_sql(postgres, "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, TEMPLATE)
        made.append(name)
        return _url_of(postgres, name)

    _run_sql(postgres, "CREATE DATABASE {}", TEMPLATE)
    migrate(_url_of(postgres, TEMPLATE))
    yield make
    # Our own server goes with all that is in it.
    for name in made if "TEST_DATABASE_URL" in os.environ else ():
        _run_sql(postgres, DROP, name)


@pytest.fixture(scope="module")
def database_url(new_database: Callable[[], str]) -> str:
    """The URL of a migrated database that the tests of one module share."""
    return new_database()


@pytest.fixture
def own_database_url(new_database: Callable[[], str], postgres: str) -> Iterator[str]:
    """The URL of a migrated database for one test."""
    url = new_database()
    yield url
    _run_sql(postgres, DROP, urlsplit(url).path[1:])


def migrate(url: str) -> None:
    """Bring the database at that URL to the newest migration."""
    done = subprocess.run(
        [sys.executable, *MIGRATE],
        cwd=PROJECT,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"the migrations failed:\n{done.stdout}{done.stderr}"


class _ByPlace(LoadFileScheduling):  # type: ignore[misc]  # it has no types
    def _split_scope(self, nodeid: str) -> str:
        return str(BROWSER) if nodeid.startswith(BROWSER) else super()._split_scope(nodeid)


def quick_folder() -> contextlib.AbstractContextManager[Path]:
    """In memory, if there is room: a database is some 600 files, which a disk takes longer for."""
    has_room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM
    return temporary_folder("tests", MEMORY if has_room else None)


def _url_of(server: str, database: str) -> str:
    return urlsplit(server)._replace(path=f"/{database}").geturl()


def _run_sql(url: str, statement: str, *names: str) -> None:
    with contextlib.closing(psycopg2.connect(url)) as connection:
        # CREATE DATABASE refuses to run inside a transaction.
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _wait_for(ready: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = monotonic() + PATIENCE
    while not ready.exists():
        assert process.poll() is None, "the sandbox died at its start"
        assert monotonic() < deadline, "the sandbox did not start in time"
        sleep(0.02)
    return ready.read_text(encoding="ascii")
