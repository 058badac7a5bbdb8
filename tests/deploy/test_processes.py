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

COUNTING = PROCESSES - {"release", "web", "beat", "flower"}
"""Those that serve what they counted."""
SHOWN = {"WORKER_METRICS_PORT": "9300", "METRICS_ADDRESS": "0.0.0.0"}  # noqa: S104 a container's own
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


def jobs(config: str) -> dict[str, Any]:
    (told,) = documents(f"prometheus/{config}.yml")
    return {job["job_name"]: job for job in told["scrape_configs"]}


def test_compose_runs_every_process() -> None:
    (compose,) = documents("compose.yaml")
    run = {name: service.get("command") for name, service in compose["services"].items()}

    assert set(run) - {"postgres", "redis", "prometheus"} == PROCESSES
    assert all(run[name] == [name] for name in PROCESSES)


def test_kubernetes_runs_every_process() -> None:
    manifests = documents("kubernetes/processes.yaml") + documents("kubernetes/release.yaml")
    pods = [one for one in manifests if one["kind"] in {"Deployment", "Job"}]
    run = {
        one["metadata"]["name"]: one["spec"]["template"]["spec"]["containers"][0]["args"]
        for one in pods
    }

    assert run == {name: [name] for name in PROCESSES}


def test_systemd_runs_every_process_and_looks_whether_it_is_alive() -> None:
    target = (DEPLOY / "systemd/chargehand.target").read_text()
    wanted = [line for line in target.splitlines() if line.startswith("Wants=")]

    units = {unit for line in wanted for unit in line.removeprefix("Wants=").split()}
    assert units == {f"chargehand@{name}.service" for name in PROCESSES - {"release"}} | {
        f"chargehand-alive@{name}.timer" for name in COUNTING | {"beat"}
    }


def test_compose_shows_prometheus_what_is_counted_and_keeps_what_flower_saw() -> None:
    (compose,) = documents("compose.yaml")
    services = compose["services"]
    (scraped,) = jobs("compose")["chargehand-workers"]["dns_sd_configs"]

    assert set(scraped["names"]) == COUNTING
    assert all(services[name]["environment"].items() >= SHOWN.items() for name in COUNTING)
    assert services["flower"]["environment"]["FLOWER_DB"].startswith("/flower/")
    assert services["flower"]["volumes"] == ["flower:/flower"]
    assert all("healthcheck" in services[name] for name in PROCESSES - {"release"})


def test_kubernetes_shows_prometheus_what_is_counted_and_keeps_what_flower_saw() -> None:
    deployments = documents("kubernetes/processes.yaml")
    specs = [one["spec"]["template"]["spec"] for one in deployments if one["kind"] == "Deployment"]
    containers = {spec["containers"][0]["name"]: spec["containers"][0] for spec in specs}
    told = {
        name: {one["name"]: one["value"] for one in container.get("env", ())}
        for name, container in containers.items()
    }
    metrics = {"name": "metrics", "containerPort": 9300}

    assert {name for name, one in containers.items() if metrics in one.get("ports", ())} == COUNTING
    assert all(told[name] == SHOWN for name in COUNTING)
    assert told["flower"]["FLOWER_DB"].startswith("/flower/")
    assert "/flower" in {mount["mountPath"] for mount in containers["flower"]["volumeMounts"]}
    assert all("livenessProbe" in container for container in containers.values())


@pytest.mark.parametrize("config", ["prometheus", "compose", "kubernetes"])
def test_prometheus_takes_what_it_is_to_scrape(config: str) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is missing: it comes with Debian's package prometheus")
    command = [promtool, "check", "config", "--syntax-only", f"{config}.yml"]
    done = subprocess.run(
        command, cwd=DEPLOY / "prometheus", capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert set(jobs(config)) == {"chargehand-web", "chargehand-workers", "chargehand-flower"}


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
