"""A bad setting stops every process of the Procfile with one sentence, and nothing else is said."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.folders import PROJECT
from local.ports import free_port
from local.processes import read_procfile
from tests.unit.test_settings import GOOD

COMMANDS = read_procfile(PROJECT / "Procfile")


def start(command: str, **changed: str) -> "subprocess.CompletedProcess[str]":
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    told = GOOD | {"FLOWER_BASIC_AUTH": "operator:secret", "PORT": str(free_port())} | changed
    return subprocess.run(
        ["sh", "-c", command],
        env=told | {"PATH": programs},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("process", COMMANDS)
def test_a_bad_value_stops_every_process_with_one_sentence(process: str) -> None:
    ended = start(COMMANDS[process], DATABASE_URL="postgresql://u:hush@h:notaport/x")

    said = ended.stdout + ended.stderr
    assert ended.returncode == 1
    assert said.startswith("Chargehand cannot start: DATABASE_URL: ")
    assert said.count("\n") == 1
    assert "hush" not in said


@pytest.mark.parametrize("process", ["web", "stripe"])
def test_all_that_is_wrong_is_said_at_once(process: str) -> None:
    ended = start(COMMANDS[process], REDIS_URL="foo", ENCRYPTION_KEYS="hush", PAYPAL_API_BASE="foo")

    said = ended.stdout + ended.stderr
    assert said.count("\n") == 1
    assert all(name in said for name in ("REDIS_URL", "ENCRYPTION_KEYS", "PAYPAL_API_BASE"))


@pytest.mark.parametrize("address", ["127.0.0.1", "192.0.2.1"])
def test_flower_does_not_open_without_a_password(address: str) -> None:
    ended = start(COMMANDS["flower"], FLOWER_BASIC_AUTH="", FLOWER_ADDRESS=address)

    assert ended.returncode == 1
    assert ended.stderr.startswith("Chargehand cannot start: FLOWER_BASIC_AUTH: is needed")
    assert ended.stderr.count("\n") == 1


def test_flower_keeps_nothing_where_it_cannot_write() -> None:
    ended = start(COMMANDS["flower"], FLOWER_DB="/nonexistent/flower")

    assert ended.returncode == 1
    assert ended.stderr.startswith("Chargehand cannot start: FLOWER_DB: ")
    assert ended.stderr.count("\n") == 1
