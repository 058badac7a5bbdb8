"""script/bootstrap: what it does not repeat, and what it says when it cannot go on."""

import errno
import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.bootstrap import advice_on
from local.errors import LocalError
from local.folders import PROJECT
from local.installation import install, pip_environment, plain_words

DEADLINE_SECONDS = 60
WHEEL = "nothing_of_ours-1.0-py3-none-any.whl"
NO_WHEEL = b"whatever happens, pip cannot install this"
OLD = '#!/bin/sh\ncase "$*" in *version_info*) echo 3.9;; *) exit 1;; esac\n'
WITHOUT_VENV = '#!/bin/sh\ncase "$*" in *version_info*) echo 3.12;; *) exit 1;; esac\n'
SHIM = "#!/bin/sh\necho 'pyenv: version is not installed' >&2\nexit 127\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout with as much as script/bootstrap needs, in a folder with a space in its name."""
    checkout = tmp_path / "a check out"
    shutil.copytree(PROJECT / "local", checkout / "local")
    (checkout / "script").mkdir()
    shutil.copy(PROJECT / "script" / "bootstrap", checkout / "script")
    (checkout / "requirements-dev.txt").write_text("")
    return checkout


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A PATH without any Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "dirname"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder


@pytest.mark.parametrize(
    ("fakes", "said"),
    [
        ({}, "no Python was found on the PATH"),
        ({"python3": OLD}, "is 3.9"),
        ({"python3.12": WITHOUT_VENV}, "apt install python3.12-venv"),
        ({"python3.12": SHIM, "python3": OLD}, "is 3.9"),
    ],
    ids=["none", "too old", "no venv", "a shim without its Python"],
)
def test_it_says_why_no_python_will_do(
    project: Path, programs: Path, fakes: dict[str, str], said: str
) -> None:
    for name, script in fakes.items():
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)

    done = bootstrap(project, programs)

    assert done.returncode == 1
    assert said in done.stderr
    assert "Python 3.11 or newer" in done.stderr


def test_it_does_nothing_when_the_environment_is_current(project: Path, programs: Path) -> None:
    make_venv(project)
    stamp(project)

    done = bootstrap(project, programs, cwd=Path("/"))

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_it_takes_an_environment_with_an_empty_stamp_for_an_unfinished_one(
    project: Path, programs: Path
) -> None:
    make_venv(project)
    stamp(project).write_text("")

    done = bootstrap(project, programs)

    assert done.returncode == 1
    assert "no Python was found" in done.stderr


def test_it_leaves_an_environment_alone_that_it_did_not_make(project: Path, programs: Path) -> None:
    make_venv(project)
    (programs / "python3").symlink_to(sys.executable)
    before = sorted((project / ".venv").rglob("*"))

    done = bootstrap(project, programs)

    assert done.returncode == 1
    assert "was not made by script/bootstrap" in done.stderr
    assert sorted((project / ".venv").rglob("*")) == before


def test_it_makes_an_interrupted_environment_of_its_own_from_nothing(
    project: Path, programs: Path
) -> None:
    make_venv(project)
    stamp(project).write_text("")
    (project / ".venv" / "left").mkdir()
    (programs / "python3").symlink_to(sys.executable)

    done = bootstrap(project, programs)

    assert done.returncode == 0, done.stderr
    assert not (project / ".venv" / "left").exists()
    assert bootstrap(project, programs).stdout == ""


def test_it_takes_an_environment_that_does_not_run_for_an_unfinished_one(
    project: Path, programs: Path
) -> None:
    make_venv(project)
    stamp(project)
    python = project / ".venv" / "bin" / "python"
    python.unlink()
    python.write_text(SHIM)
    python.chmod(0o755)

    done = bootstrap(project, programs)

    assert done.returncode == 1
    assert "no Python was found" in done.stderr


def test_it_takes_a_moved_environment_for_an_unfinished_one(project: Path, programs: Path) -> None:
    make_venv(project)
    stamp(project)
    moved = project.rename(project.with_name("moved"))

    done = bootstrap(moved, programs)

    assert done.returncode == 1
    assert "no Python was found" in done.stderr


def test_a_second_run_waits_for_the_first_and_repeats_nothing(
    project: Path, programs: Path
) -> None:
    make_venv(project)
    (project / ".data").mkdir()
    with (project / ".data" / "bootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with started(project, programs) as second:
            assert second.stdout is not None
            waiting = second.stdout.readline()
            stamp(project)
            fcntl.flock(lock, fcntl.LOCK_UN)
            rest, _ = second.communicate(timeout=DEADLINE_SECONDS)

    assert waiting == "Another script/bootstrap is at work here; waiting for it.\n"
    assert (second.returncode, rest) == (0, "")


def test_a_run_that_cannot_write_says_where(project: Path, programs: Path) -> None:
    make_venv(project)
    (project / ".data").write_text("in the way")

    done = bootstrap(project, programs)

    assert done.returncode == 1
    assert ".data" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "Make space"),
        (errno.EACCES, "cannot be written"),
        (errno.EROFS, "cannot be written"),
    ],
)
def test_what_the_file_system_refuses_is_told_with_advice(number: int, said: str) -> None:
    refusal = OSError(number, os.strerror(number), "/some/where")

    advice = advice_on(refusal)

    assert said in advice
    assert "/some/where" in advice


def test_a_package_index_that_cannot_be_reached_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "requirements.txt").write_text(f"nothing-of-ours==1.0 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)

    with pytest.raises(LocalError, match="The package index cannot be reached"):
        install(Path(sys.executable), tmp_path / "requirements.txt", log=tmp_path / "log")


def test_a_package_that_is_not_the_pinned_one_is_refused_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "requirements.txt").write_text(f"nothing-of-ours==1.0 --hash=sha256:{'0' * 64}\n")
    (tmp_path / WHEEL).write_bytes(NO_WHEEL)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))

    with pytest.raises(LocalError, match=r"is not the one that requirements-dev\.txt pins"):
        install(Path(sys.executable), tmp_path / "requirements.txt", log=tmp_path / "log")


def test_a_package_without_a_hash_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "requirements.txt").write_text("nothing-of-ours==1.0\n")
    (tmp_path / WHEEL).write_bytes(NO_WHEEL)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))

    with pytest.raises(LocalError, match="Hashes are required"):
        install(Path(sys.executable), tmp_path / "requirements.txt", log=tmp_path / "log")


def test_pip_is_told_where_packages_come_from_but_not_where_they_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("PIP_INDEX_URL", "PIP_TARGET", "PYTHONPATH", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "/some/where")

    environment = pip_environment()

    assert environment["PIP_INDEX_URL"] == "/some/where"
    assert environment.keys().isdisjoint({"PIP_TARGET", "PYTHONPATH", "VIRTUAL_ENV"})


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("ERROR: Could not install packages: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: Could not install packages: [Errno 13] Permission denied: '/v'", "be written"),
        ("ERROR: No matching distribution found for lupa==2.8", "no ready-made build"),
        ("ERROR: something new", "pip failed"),
    ],
)
def test_what_pip_says_is_told_in_plain_words(output: str, said: str) -> None:
    words = plain_words(f"Collecting lupa==2.8\n{output}\n")

    assert said in words
    assert output in words


def bootstrap(
    project: Path, programs: Path, cwd: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    with started(project, programs, cwd) as process:
        out, err = process.communicate(timeout=DEADLINE_SECONDS)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def started(project: Path, programs: Path, cwd: Path | None = None) -> "subprocess.Popen[str]":
    noise = {"PYTHONPATH": "/no/where", "PIP_TARGET": "/no/where", "VIRTUAL_ENV": "/no/where"}
    libraries = {name: value for name, value in os.environ.items() if name == "LD_LIBRARY_PATH"}
    return subprocess.Popen(
        [project / "script" / "bootstrap"],
        cwd=cwd or project,
        env={**noise, **libraries, "PATH": str(programs)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def make_venv(project: Path) -> None:
    command = [sys.executable, "-m", "venv", "--without-pip", str(project / ".venv")]
    subprocess.run(command, check=True)


def stamp(project: Path) -> Path:
    code = "from local.bootstrap import STAMP, stamp_by_venv; STAMP.write_text(stamp_by_venv())"
    subprocess.run([sys.executable, "-c", code], cwd=project, check=True)
    return project / ".venv" / "chargehand-stamp"
