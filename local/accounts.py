"""Whom an engine runs as when we are root."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from local.errors import EngineError


@dataclass(frozen=True)
class Account:
    """A system account by its numbers."""

    name: str
    uid: int
    gid: int

    def can_reach(self, path: Path) -> bool:
        """Whether this account may walk down to `path`."""
        return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents)


def postgres_account() -> Account | None:
    """Who runs Postgres, which refuses to be root: `nobody`, or None for ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError as missing:
        raise EngineError(
            "Postgres does not run as root, and this system has no account `nobody` to run it as. "
            "Run as another user, or give DATABASE_URL."
        ) from missing
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
