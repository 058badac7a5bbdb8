"""The folders in which engines keep their data."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from local.accounts import Account
from local.errors import FolderInUse, LocalError

PROJECT = Path(__file__).resolve().parent.parent
DATA = PROJECT / ".data"
# Where root keeps what an unprivileged engine must reach when the project is closed to others.
OPEN_FOLDERS = (Path("/var/lib/chargehand"), Path("/var/tmp/chargehand"))  # noqa: S108


@contextlib.contextmanager
def claimed(folder: Path) -> Iterator[Path]:
    """Hold a data folder for the block. Raises FolderInUse when another run has it."""
    folder.mkdir(parents=True, exist_ok=True)
    # The lock belongs to the open file, so it ends with the process however that ends.
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise FolderInUse(
                f"Another run (process {holder}) uses {folder}. Stop it, or give another folder."
            ) from held
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield folder


@contextlib.contextmanager
def temporary_folder(prefix: str, within: Path | None = None) -> Iterator[Path]:
    """A new folder that any account can walk through, gone when the block ends."""
    folder = Path(tempfile.mkdtemp(prefix=f"chargehand-{prefix}-", dir=within))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def reachable_folder(wanted: Path, account: Account | None) -> Path:
    """`wanted` if the account can reach it, else a stable folder that stands for it."""
    if account is None or account.can_reach(wanted):
        return wanted
    mark = hashlib.sha256(str(wanted.resolve()).encode()).hexdigest()[:12]
    return open_folder(account) / f"{wanted.name}-{mark}"


def open_folder(account: Account) -> Path:
    """The folder of ours that any account can walk through. Only root asks for it."""
    for folder in OPEN_FOLDERS:
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o711, exist_ok=True)
            if _is_ours(folder) and account.can_reach(folder / "inside"):
                return folder
    names = " nor ".join(map(str, OPEN_FOLDERS))
    raise LocalError(
        f"The account `{account.name}`, which has to run Postgres, cannot reach the project, and "
        f"neither {names} can be used. Move the project, run as another user, or give DATABASE_URL."
    )


def _is_ours(folder: Path) -> bool:
    facts = folder.lstat()
    shared = facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.geteuid() and not shared
