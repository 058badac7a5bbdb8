"""What every engine has in common: one port over one folder, through stop, death, return."""

import contextlib
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

import psutil

from local.accounts import Account
from local.child import Child, clean_environment
from local.errors import EngineError
from local.ports import free_port

READY_SECONDS = 60.0
POLL_SECONDS = 0.02
START_ATTEMPTS = 5


class Engine(ABC):
    """A server of our own on the loopback interface. As a context manager it runs for the block.

    `port`, `url` and the data stay the same over stop, kill and start.
    """

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    # What the log says when a start failed for a reason that passes or that another port cures.
    passing_faults: ClassVar[tuple[str, ...]] = ("Address already in use",)
    account: Account | None = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.port = 0
        self._child: Child | None = None
        self._has_served = False

    @property
    @abstractmethod
    def url(self) -> str:
        """Where a client finds it."""

    @property
    def note(self) -> str:
        """What a person should know about it; empty when all is as usual."""
        return ""

    @abstractmethod
    def _prepare(self) -> None:
        """Make the data folder ready. Called before every start, with nothing running on it."""

    @abstractmethod
    def _command(self) -> Sequence[str]:
        """The command line that serves `self.port`."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether a client is really served now."""

    @property
    def pid(self) -> int:
        """Its process id, for who wants to freeze or kill it."""
        return self._child.pid if self._child else 0

    @property
    def is_running(self) -> bool:
        """Whether its process is alive."""
        return self._child is not None and self._child.is_running

    def start(self) -> Self:
        """Start it; returns once it answers. Raises EngineError with the end of its log."""
        if self.is_running:
            return self
        self.folder.mkdir(parents=True, exist_ok=True)
        self._end_leftover()
        self._prepare()
        for attempt in range(START_ATTEMPTS):
            child = self._launch()
            if self._became_ready(child):
                return self
            child.kill()
            if attempt == START_ATTEMPTS - 1 or not self._fault_passes(child.tail()):
                raise EngineError(f"{self.name} did not start. Its log ends:\n{child.tail()}")
            time.sleep(0.2)
        raise AssertionError("the last attempt returns or raises")

    def stop(self) -> None:
        """Stop it cleanly; its data stays."""
        if self._child is not None:
            self._child.stop()
            self._pid_file.unlink(missing_ok=True)

    def kill(self) -> None:
        """Kill it at once: no goodbye to its clients, nothing flushed."""
        if self._child is not None:
            self._child.kill()

    def restart(self) -> None:
        """Stop, then start on the same port over the same data."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def _pid_file(self) -> Path:
        return self.folder / f"{self.name}.pid"

    def _environment(self) -> dict[str, str]:
        return clean_environment()

    def _launch(self) -> Child:
        if not self._has_served:
            self.port = free_port()
        self._child = Child(
            command=self._command(),
            log=self.folder / f"{self.name}.log",
            cwd=self.folder,
            env=self._environment(),
            account=self.account,
            stop_signal=self.stop_signal,
        )
        try:
            self._child.start()
        except OSError as refused:
            raise EngineError(f"{self.name} cannot be run: {refused}") from refused
        self._pid_file.write_text(f"{self.pid} {psutil.Process(self.pid).create_time()}")
        return self._child

    def _became_ready(self, child: Child) -> bool:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and child.is_running:
            if self._answers():
                self._has_served = True
                return True
            time.sleep(POLL_SECONDS)
        return False

    def _fault_passes(self, log: str) -> bool:
        return any(fault in log for fault in self.passing_faults)

    def _end_leftover(self) -> None:
        """End what an earlier run left behind when it was killed with its watchdog."""
        with contextlib.suppress(OSError, ValueError, psutil.Error):
            pid, born = self._pid_file.read_text().split()
            leftover = psutil.Process(int(pid))
            if leftover.create_time() == float(born):
                leftover.send_signal(self.stop_signal)
                _, stubborn = psutil.wait_procs([leftover], timeout=10)
                for process in stubborn:
                    process.kill()
                    process.wait(timeout=10)
        self._pid_file.unlink(missing_ok=True)
