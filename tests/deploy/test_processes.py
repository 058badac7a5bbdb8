"""Every way to deploy runs what the Procfile names, by one command, and is operated by another."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.processes import read_procfile

PROJECT = Path(__file__).resolve().parents[2]
DEPLOY = PROJECT / "deploy"
PROCESSES = set(read_procfile(PROJECT / "Procfile"))

COPIED = [
    (Path(source), Path(target))
    for line in (DEPLOY / "Dockerfile").read_text().splitlines()
    if line.startswith("COPY ") and "requirements.txt" not in line and "--from" not in line
    for *sources, target in [line.split()[1:]]
    for source in sources
]
"""What the image gets of the project, and where to: a file into a folder, a folder as one."""


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


def test_the_image_gets_what_its_context_admits() -> None:
    admitted = (PROJECT / ".dockerignore").read_text().splitlines()

    assert {f"!{source}" for source, _ in COPIED} <= set(admitted)


@pytest.mark.parametrize("has_venv", [False, True], ids=["image", "systemd"])
def test_operators_commands_run_with_the_packages_that_are_there(
    tmp_path: Path, *, has_venv: bool
) -> None:
    project = tmp_path / "chargehand"
    for source, target in COPIED:
        copy = shutil.copytree if (PROJECT / source).is_dir() else shutil.copy
        place = project / target / ("" if (PROJECT / source).is_dir() else source.name)
        place.parent.mkdir(parents=True, exist_ok=True)
        copy(PROJECT / source, place)
    packages = project / ".venv/bin" if has_venv else tmp_path / "packages/bin"
    packages.mkdir(parents=True)
    (packages / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (packages / "python").chmod(0o755)
    path = (
        f"{project}/script:/usr/bin:/bin"
        if has_venv
        else f"{project}/script:{packages}:/usr/bin:/bin"
    )

    command = ["sh", "-c", "chargehand doctor --help"]
    done = subprocess.run(
        command, cwd="/", env={"PATH": path}, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "Say what is wrong with this installation" in done.stdout
    assert sorted(packages.iterdir()) == [packages / "python"]


def test_operators_commands_say_where_nothing_is_installed(tmp_path: Path) -> None:
    (tmp_path / "script").mkdir()
    shutil.copy(PROJECT / "script/chargehand", tmp_path / "script")

    done = subprocess.run(
        [tmp_path / "script/chargehand", "doctor"],
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("Chargehand is not installed here: see Deploy in docs/operate.md")
