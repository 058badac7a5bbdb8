"""Relay, workers and beat say that they live, whether or not the broker does."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local import environment as env
from local.child import Child
from local.development_keys import DevelopmentKeys
from local.engines import EngineUrls, Redis
from local.folders import PROJECT, temporary_folder
from local.processes import read_procfile

PROCESSES = ["relay", "maintenance", "beat"]


@pytest.fixture
def redis() -> Iterator[Redis]:
    """A Redis of its own, for it is going to die."""
    with temporary_folder("liveness") as folder, Redis(folder) as server:
        yield server


@pytest.fixture
def living(database_url: str, redis: Redis, tmp_path: Path) -> Iterator[dict[str, Child]]:
    """The processes, each with a file to touch."""
    settings = env.complete(env.given(), EngineUrls(database_url, redis.url), DevelopmentKeys())
    commands = read_procfile(PROJECT / "Procfile")
    children = {
        name: Child(
            ["sh", "-c", f"exec {commands[name]}"],
            tmp_path / f"{name}.log",
            PROJECT,
            settings | {"LIVENESS_FILE": str(tmp_path / name)},
        )
        for name in PROCESSES
    }
    for child in children.values():
        child.start()
    yield children
    for child in children.values():
        child.stop()


def test_who_goes_round_or_waits_for_the_broker_lives(
    living: dict[str, Child], redis: Redis, tmp_path: Path
) -> None:
    def touched() -> bool:
        return all((tmp_path / name).exists() for name in living)

    wait(touched)
    assert all(is_alive(tmp_path / name) for name in living)
    redis.kill()
    for name in living:
        (tmp_path / name).unlink()
    wait(touched)


def test_who_was_silent_for_a_minute_does_not(tmp_path: Path) -> None:
    file = tmp_path / "alive"
    assert not is_alive(file)
    file.touch()
    assert is_alive(file)
    long_ago = time.time() - 120
    os.utime(file, (long_ago, long_ago))
    assert not is_alive(file)


def is_alive(file: Path) -> bool:
    environment = {"PATH": os.environ["PATH"], "LIVENESS_FILE": str(file)}
    done = subprocess.run([str(PROJECT / "script/alive")], env=environment, check=False)
    return done.returncode == 0


def wait(holds: Callable[[], bool], patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)
