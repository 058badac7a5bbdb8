"""The embedded engines: they start, keep, die and come back."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis

from local.accounts import Account
from local.engines import Postgres, Redis, engines
from local.errors import EngineError, FolderInUse
from local.folders import PROJECT, reachable_folder, temporary_folder

DEADLINE_SECONDS = 60
OWNER = """
import sys, time
from pathlib import Path
from local.engines import Redis
engine = Redis(Path(sys.argv[1])).start()
print(engine.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with temporary_folder("test") as made:
        yield made


@pytest.fixture
def database(folder: Path) -> Iterator[Postgres]:
    with Postgres(folder / "postgres", durable=False) as engine:
        yield engine


def test_postgres_keeps_port_and_data_over_a_restart(database: Postgres) -> None:
    url = database.url
    ask(database, "CREATE TABLE kept AS SELECT 42 AS answer")

    database.restart()

    assert database.url == url
    assert ask(database, "SELECT answer FROM kept") == 42


def test_postgres_keeps_what_was_committed_over_kill_9(database: Postgres) -> None:
    url = database.url
    ask(database, "CREATE TABLE kept AS SELECT 42 AS answer")

    database.kill()
    died = not database.is_running
    database.start()

    assert died
    assert database.url == url
    assert ask(database, "SELECT answer FROM kept") == 42


def test_postgres_starts_over_the_lock_of_a_dead_run_whose_pid_is_somebody_elses(
    database: Postgres,
) -> None:
    database.kill()
    lock = database.folder / "cluster" / "postmaster.pid"
    lines = lock.read_text().splitlines()
    with somebody_else(database.account) as stranger:
        lock.write_text("\n".join([str(stranger), *lines[1:]]) + "\n")

        database.start()

    assert ask(database, "SELECT 42") == 42


def test_postgres_makes_a_new_cluster_where_an_earlier_attempt_was_interrupted(
    folder: Path,
) -> None:
    (folder / "cluster").mkdir()
    (folder / "cluster" / "half").write_text("made")

    with Postgres(folder, durable=False) as engine:
        answer = ask(engine, "SELECT 42")

    assert answer == 42


def test_postgres_says_what_its_log_says_when_it_cannot_start(database: Postgres) -> None:
    database.stop()
    (database.folder / "cluster" / "postgresql.conf").write_text("nonsense = 1\n")

    with pytest.raises(EngineError, match=r'unrecognized configuration parameter "nonsense"'):
        database.start()


@pytest.mark.parametrize("stand_in", [False, True], ids=["real", "stand-in"])
def test_redis_comes_back_empty_on_the_same_port(folder: Path, *, stand_in: bool) -> None:
    with Redis(folder, stand_in=stand_in) as engine:
        url = engine.url
        with redis.Redis.from_url(url) as client:
            client.set("wake", "up")

        engine.kill()
        engine.start()

        with redis.Redis.from_url(url) as client:
            assert engine.url == url
            assert client.get("wake") is None


def test_a_second_run_in_the_same_folder_is_told_who_holds_it(folder: Path) -> None:
    with (
        engines(folder, database_url="postgresql://given", redis_url="redis://given"),
        pytest.raises(FolderInUse, match=f"process {os.getpid()}"),
        engines(folder, database_url="postgresql://given", redis_url="redis://given"),
    ):
        pass


def test_given_engines_are_used_as_they_are(folder: Path) -> None:
    with engines(folder, database_url="postgresql://given", redis_url="redis://given") as urls:
        assert (urls.database, urls.redis) == ("postgresql://given", "redis://given")


def test_an_engine_ends_when_its_owner_is_killed(folder: Path) -> None:
    with owner_of_a_redis(folder) as (owner, engine_pid):
        owner.kill()
        owner.wait()

        wait_until(lambda: has_ended(engine_pid))


def test_an_engine_left_by_a_killed_run_is_ended_by_the_next(folder: Path) -> None:
    with owner_of_a_redis(folder) as (owner, engine_pid):
        watchdog = next(
            child
            for child in psutil.Process(owner.pid).children()
            if "watchdog.py" in " ".join(child.cmdline())
        )
        watchdog.kill()
        owner.kill()
        owner.wait()
        survived = not has_ended(engine_pid)

        with Redis(folder) as engine:
            replaced = engine.pid != engine_pid and has_ended(engine_pid)

    assert survived
    assert replaced


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run Postgres as somebody else")
def test_root_in_a_closed_project_gets_a_stable_folder_elsewhere(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)

    with Postgres(closed / "postgres", durable=False) as engine:
        elsewhere = engine.folder
        answer = ask(engine, "SELECT 42")

    assert answer == 42
    assert closed not in elsewhere.parents
    assert elsewhere == reachable_folder(closed / "postgres", engine.account)
    subprocess.run(["rm", "-r", elsewhere], check=True)


def ask(engine: Postgres, statement: str) -> object:
    with contextlib.closing(psycopg2.connect(engine.url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


@contextlib.contextmanager
def somebody_else(account: Account | None) -> Iterator[int]:
    """The pid of a program that has nothing to do with us, run by the same account."""
    uid = account.uid if account else None
    with subprocess.Popen(["sleep", "600"], user=uid) as stranger:
        try:
            yield stranger.pid
        finally:
            stranger.kill()


@contextlib.contextmanager
def owner_of_a_redis(folder: Path) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """A process that started a Redis over the folder, with that Redis' pid."""
    command = [sys.executable, "-c", OWNER, str(folder)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        engine_pid = int(owner.stdout.readline())
        try:
            yield owner, engine_pid
        finally:
            owner.kill()
            with contextlib.suppress(ProcessLookupError):
                os.kill(engine_pid, signal.SIGKILL)


def has_ended(pid: int) -> bool:
    try:
        # In a container nobody may collect the orphans.
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
