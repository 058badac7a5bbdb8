"""Makes the virtual environment, with nothing but the standard library.

The stamp is laid first, empty, and written last: without any an environment is not ours to touch,
and with another than is expected it is unfinished.
"""

import contextlib
import errno
import fcntl
import hashlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from local.errors import LocalError
from local.installation import install, pip_environment

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = VENV / "chargehand-stamp"
DATA = PROJECT / ".data"
REQUIREMENTS = PROJECT / "requirements-dev.txt"
MAKE_ANEW = 3
NEEDED_BYTES = 900_000_000  # measured: 420 MB installed, and the downloads beside it for a while


def main(arguments: list[str]) -> int:
    """Make what is missing; with `--existing`, by the environment's own Python, if it can.

    Exit codes: 0 all is there, 1 trouble, 3 the environment has to be made anew.
    """
    try:
        if is_current():
            return 0
        with one_at_a_time():
            require_ours()
            return bring_up_to_date() if arguments == ["--existing"] else make()
    except LocalError as trouble:
        return complain(str(trouble))
    except OSError as trouble:
        return complain(advice_on(trouble))
    except KeyboardInterrupt:
        return complain("Interrupted. Run script/bootstrap again; it starts this part over.")


def is_current() -> bool:
    """Whether .venv is finished, from these requirements, by this Python, in this place."""
    return stamped_lines() == expected_lines()


def stamped_lines() -> list[str]:
    """What the stamp says; nothing when the environment is not finished."""
    return STAMP.read_text().splitlines() if STAMP.exists() else []


def expected_lines() -> list[str]:
    """What the stamp of a finished environment says: the place, the Python, the requirements."""
    python = " ".join(sys.version.split())
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    return [f"project {PROJECT}", f"python {python}", f"requirements {digest}"]


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait until no other bootstrap of this checkout runs."""
    DATA.mkdir(exist_ok=True)
    with (DATA / "bootstrap.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another script/bootstrap is at work here; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def bring_up_to_date() -> int:
    """Install what changed into a finished environment."""
    if is_current():
        return 0
    if stamped_lines()[:-1] != expected_lines()[:-1]:
        return MAKE_ANEW
    print("The requirements changed; bringing .venv up to date.")
    install_and_stamp()
    return 0


def make() -> int:
    """Make the environment from nothing, unless the run that we waited for did."""
    if STAMP.exists() and STAMP.read_text() == stamp_by_venv():
        return 0
    require_space()
    print(f"Making .venv with Python {sys.version.split()[0]} ({sys.executable})")
    make_venv()
    install_and_stamp()
    return 0


def install_and_stamp() -> None:
    """The part that must not stay half done."""
    started = time.monotonic()
    STAMP.write_text("")
    install(VENV_PYTHON, REQUIREMENTS, log=DATA / "bootstrap.log")
    STAMP.write_text(stamp_by_venv())
    print(f"Ready in {time.monotonic() - started:.0f} s.")


def stamp_by_venv() -> str:
    """The stamp as the environment's own Python would write it; nothing if that does not run."""
    code = "from local.bootstrap import expected_lines; print(*expected_lines(), sep='\\n')"
    done = subprocess.run(
        [str(VENV_PYTHON), "-E", "-s", "-S", "-c", code],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def require_ours() -> None:
    """Leave an environment alone that somebody else made: production may run on it."""
    if VENV.exists() and not STAMP.exists():
        raise LocalError(
            f"{VENV} was not made by script/bootstrap, which does not touch it. To operate "
            f"Chargehand with it, run script/chargehand; to develop, move it away, then try again."
        )


def require_space() -> None:
    """Say so before half of it is downloaded."""
    free = shutil.disk_usage(PROJECT).free
    if free < NEEDED_BYTES:
        raise LocalError(
            f"Only {free // 1_000_000} MB are free in {PROJECT}; "
            f"Chargehand needs {NEEDED_BYTES // 1_000_000} MB. Make space, then try again."
        )


def make_venv() -> None:
    """Make an empty virtual environment with pip, ours from its first moment on."""
    VENV.mkdir(exist_ok=True)
    STAMP.write_text("")
    # What an earlier, interrupted run left may look installed to pip, so nothing of it is kept.
    for left in set(VENV.iterdir()) - {STAMP}:
        shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
    done = subprocess.run(
        [sys.executable, "-I", "-m", "venv", str(VENV)],
        env=pip_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LocalError(f"{sys.executable} could not make a virtual environment:\n{done.stdout}")


def advice_on(trouble: OSError) -> str:
    """What the reader can do about a refusal of the file system."""
    match trouble.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"The disk is full ({trouble.filename or PROJECT}). Make space, then try again."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return (
                f"{trouble.filename or PROJECT} cannot be written. Run this as the user who owns "
                f"the checkout, or remove .venv and .data if another user made them."
            )
        case _:
            return f"The system refused: {trouble}"


def complain(text: str) -> int:
    """Tell the person; the exit code that goes with it."""
    print(f"script/bootstrap: {text}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
