"""The virtual environment of the peers, made from benchmarks/requirements.txt."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import venv
from pathlib import Path
from typing import Final

from local.folders import DATA, PROJECT
from local.installation import install

PEERS: Final = ("celery", "dramatiq", "procrastinate", "dbos")
_REQUIREMENTS: Final = PROJECT / "benchmarks" / "requirements.txt"


def install_peers() -> Path:
    """Its folder of programs; made on first use, and again when the requirements change."""
    folder = DATA / "peers"
    stamp, digest = folder / "stamp", hashlib.sha256(_REQUIREMENTS.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        install(folder / "bin" / "python", _REQUIREMENTS, log=folder / "install.log")
        stamp.write_text(digest)
    return folder / "bin"


def versions(programs: Path) -> str:
    """The peers with their versions, as a person reads them."""
    asking = f"from importlib.metadata import version; print(*map(version, {PEERS}))"
    told = subprocess.run(
        [programs / "python", "-c", asking], capture_output=True, text=True, check=True
    )
    pairs = zip(PEERS, told.stdout.split(), strict=True)
    return ", ".join(f"{name} {number}" for name, number in pairs)
