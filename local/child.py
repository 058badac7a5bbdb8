"""One child process with a log file, from its start to its end."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from local.accounts import Account
from local.watchdog import watchdog

TAIL_LINES = 20


@dataclass
class Child:
    """A command in a session of its own: Ctrl-C in the terminal does not reach it, we do."""

    command: Sequence[str]
    log: Path
    cwd: Path
    env: Mapping[str, str]
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def pid(self) -> int:
        """The process id of the last start; 0 before the first."""
        return self._process.pid if self._process else 0

    @property
    def is_running(self) -> bool:
        """Whether the process of the last start is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """What the last start ended with: below zero a signal's number, None while it runs."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start it; returns at once. Raises OSError when the command cannot be run."""
        account = self.account
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.cwd,
                env=dict(self.env),
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        watchdog().watch(self.pid, self.stop_signal)

    def stop(self, patience_seconds: float = 20.0) -> None:
        """Ask it to end, wait, then insist."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(self.stop_signal)
        try:
            self._process.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            self.kill()
        watchdog().forget(self.pid)

    def kill(self) -> None:
        """Kill it with its children, as a power cut would."""
        if self._process is None:
            return
        for process in _family(self.pid):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait()
        watchdog().forget(self.pid)

    def tail(self, lines: int = TAIL_LINES) -> str:
        """The last lines of its log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def clean_environment() -> dict[str, str]:
    """The environment for an engine: no PGPORT, locale or library path changes what it does."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
