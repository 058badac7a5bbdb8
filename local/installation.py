"""Installing pinned packages with pip, with its progress and its faults in plain words."""

import os
import re
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from local.errors import LocalError

# Where packages come from is the user's business; where they go is ours.
KEPT_PIP_SETTINGS = frozenset(
    "PIP_" + name
    for name in (
        *("INDEX_URL", "EXTRA_INDEX_URL", "NO_INDEX", "FIND_LINKS", "CONFIG_FILE"),
        *("CERT", "CLIENT_CERT", "TRUSTED_HOST", "PROXY", "KEYRING_PROVIDER"),
        *("CACHE_DIR", "NO_CACHE_DIR", "DEFAULT_TIMEOUT", "TIMEOUT", "RETRIES"),
    )
)
FAULTS = (
    (
        r"DO NOT MATCH THE HASHES",
        "A downloaded package is not the one that requirements-dev.txt pins by its hash: a mirror "
        "or proxy changed it, or a download broke. Nothing of it was installed. Try again, without "
        "the mirror if there is one.",
    ),
    (r"No space left on device|Errno 28\b", "The disk is full. Make space, then try again."),
    (
        r"Temporary failure in name resolution|Name or service not known|nodename nor servname"
        r"|NewConnectionError|ConnectTimeout|ReadTimeout|Max retries exceeded|ProxyError"
        r"|Connection refused|SSLError|Could not fetch URL",
        "The package index cannot be reached. Check the network, or PIP_INDEX_URL, PIP_PROXY and "
        "PIP_CERT if you use a mirror.",
    ),
    (r"Errno 13\b|Errno 30\b", ".venv or pip's cache cannot be written by this user."),
    (
        r"No matching distribution found",
        "The index has no ready-made build of a package for this system and Python. 64-bit Linux "
        "(glibc) and macOS with Python 3.11 to 3.13 have them all; a mirror may lack some.",
    ),
)
UNKNOWN_FAULT = "pip failed."
PLAIN_STEP = 20


def pip_environment() -> dict[str, str]:
    """The environment without what would send pip or Python elsewhere."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in KEPT_PIP_SETTINGS
        or not name.startswith(("PIP_", "PYTHON", "VIRTUAL_ENV", "__PYVENV"))
    }


def install(python: Path, requirements: Path, *, log: Path) -> None:
    """Install exactly what `requirements` pins. Raises LocalError in plain words."""
    command = [
        *(str(python), "-I", "-m", "pip", "install", "--require-hashes", "--only-binary=:all:"),
        # The file is complete, so there is nothing to resolve.
        *("--no-deps", "--no-user", "--no-input", "--disable-pip-version-check"),
        *("--progress-bar=off", "-r", str(requirements)),
    ]
    total = len(re.findall(r"^[\w.-]+(?:\[.*\])?==", requirements.read_text(), re.MULTILINE))
    with (
        log.open("w") as record,
        subprocess.Popen(
            command,
            env=pip_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as pip,
    ):
        assert pip.stdout is not None
        last = deque(show_progress(_recorded(pip.stdout, record), total), maxlen=400)
    if pip.returncode:
        raise LocalError(f"{plain_words(''.join(last))}\npip's own words are in {log}")


def plain_words(output: str) -> str:
    """What pip's output means to a person, with pip's own last error."""
    meaning = next((text for sign, text in FAULTS if re.search(sign, output)), UNKNOWN_FAULT)
    errors = re.findall(r"^ERROR: .+$", output, re.MULTILINE)
    return "\n".join([meaning, *errors[-1:]])


def show_progress(lines: Iterable[str], total: int) -> Iterator[str]:
    """Pass pip's lines on, and tell how far it is: in place on a terminal, else now and then."""
    done = 0
    for line in lines:
        if found := re.match(r"(?:Collecting|Processing|Ignoring) (?:.*/)?([\w.]+)", line):
            done += 1
            _tell_step(done, total, found[1])
        elif line.startswith("Installing collected packages"):
            _tell("Installing them, which takes about half a minute", end="\n")
        yield line


def _recorded(lines: Iterable[str], record: TextIO) -> Iterator[str]:
    for line in lines:
        record.write(line)
        yield line


def _tell_step(done: int, total: int, name: str) -> None:
    if sys.stdout.isatty():
        _tell(f"Fetching {done} of {total}: {name}", end="")
    elif done % PLAIN_STEP == 0:
        _tell(f"Fetching {done} of {total} packages", end="\n")


def _tell(text: str, *, end: str) -> None:
    rewind = "\r\033[K" if sys.stdout.isatty() else ""
    print(f"{rewind}{text}", end=end, flush=True)
