"""Every way to deploy runs what the Procfile names, by one command."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.processes import read_procfile

PROJECT = Path(__file__).resolve().parents[2]
DEPLOY = PROJECT / "deploy"
PROCESSES = set(read_procfile(PROJECT / "Procfile"))


def documents(name: str) -> list[Any]:
    with (DEPLOY / name).open() as file:
        return list(yaml.safe_load_all(file))


def test_compose_runs_every_process() -> None:
    (compose,) = documents("compose.yaml")
    run = {name: service.get("command") for name, service in compose["services"].items()}

    assert set(run) - {"postgres", "redis"} == PROCESSES
    assert all(run[name] == [name] for name in PROCESSES)


def test_kubernetes_runs_every_process() -> None:
    manifests = documents("kubernetes/processes.yaml") + documents("kubernetes/release.yaml")
    pods = [one for one in manifests if one["kind"] in {"Deployment", "Job"}]
    run = {
        one["metadata"]["name"]: one["spec"]["template"]["spec"]["containers"][0]["args"]
        for one in pods
    }

    assert run == {name: [name] for name in PROCESSES}


def test_systemd_runs_every_process() -> None:
    target = (DEPLOY / "systemd/chargehand.target").read_text()
    (wanted,) = [line for line in target.splitlines() if line.startswith("Wants=")]

    units = set(wanted.removeprefix("Wants=").split())
    assert units == {f"chargehand@{name}.service" for name in PROCESSES - {"release"}}


@pytest.mark.parametrize("name", sorted(PROCESSES - {"release"}))
def test_what_is_started_is_the_process_itself(name: str, tmp_path: Path) -> None:
    # In place of each program stands one that says who it is: a signal must reach it.
    for program in ("gunicorn", "celery", "python"):
        (tmp_path / program).write_text('#!/bin/sh\necho "$$ ${0##*/} $*"\n')
        (tmp_path / program).chmod(0o755)
    folder = tmp_path / "project"
    (folder / "script").mkdir(parents=True)
    for part in ("Procfile", "script/run"):
        (folder / part).write_bytes((PROJECT / part).read_bytes())
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "FLOWER_BASIC_AUTH": "somebody:secret"}

    command = ["sh", str(folder / "script/run"), name]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        told, _ = process.communicate(timeout=30)

    assert told.startswith(f"{process.pid} ")
    assert process.returncode == 0


def test_a_process_that_nobody_knows_is_refused() -> None:
    command = [str(PROJECT / "script/run"), "nobody"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr == "The Procfile has no process named nobody.\n"
