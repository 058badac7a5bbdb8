"""The Procfile's processes, run together: when one ends, all end."""

from collections import defaultdict, deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import honcho.manager
from honcho.environ import parse_procfile
from honcho.printer import Message, Printer
from honcho.process import Popen, Process

from local.watchdog import watchdog

TAIL_LINES = 20
# A worker is given the time to finish the provider call it is in.
honcho.manager.KILL_WAIT = 25


def read_procfile(path: Path) -> dict[str, str]:
    """The commands by their names, in the file's order."""
    return dict(parse_procfile(path.read_text()).processes)


class Processes(honcho.manager.Manager):  # type: ignore[misc] # honcho has no types
    """Honcho's manager, which also knows who ended first and what it said last."""

    def __init__(self) -> None:
        self._printer_with_memory = MemoryPrinter()
        super().__init__(printer=self._printer_with_memory)
        self._process_ctor = WatchedProcess
        self._is_ending = False
        self.culprit: str | None = None

    def terminate(self) -> None:
        """End all. Called by a signal, or by the loop because one ended by itself."""
        if not self._is_ending:
            self._is_ending = True
            ended = (name for name, facts in self._processes.items() if "returncode" in facts)
            self.culprit = next(ended, None)
        super().terminate()

    def last_words(self, name: str) -> str:
        """The last lines that a process wrote."""
        return "\n".join(self._printer_with_memory.tails[name])


class MemoryPrinter(Printer):  # type: ignore[misc] # honcho has no types
    """Prints, and remembers each process' last lines."""

    def __init__(self) -> None:
        super().__init__()
        self.tails: defaultdict[str, deque[str]] = defaultdict(lambda: deque(maxlen=TAIL_LINES))

    def write(self, message: Message) -> None:
        """Take one message of honcho's."""
        data = message.data
        text = data.decode(errors="replace") if isinstance(data, bytes) else data
        self.tails[message.name].extend(text.splitlines())
        super().write(message)


class WatchedPopen(Popen):  # type: ignore[misc] # honcho has no types
    """A process that ends with us even when we are killed."""

    def __init__(self, command: str, **options: Any) -> None:  # noqa: ANN401 # honcho's signature
        super().__init__(command, **options)
        watchdog().watch(self.pid)


class WatchedProcess(Process):  # type: ignore[misc] # honcho has no types
    """Honcho's process, started by WatchedPopen."""

    def __init__(self, command: str, **options: Any) -> None:  # noqa: ANN401 # honcho's signature
        super().__init__(command, **options)
        self._child_ctor = WatchedPopen

    def run(self, events: object = None, ignore_signals: object = False) -> None:  # noqa: FBT002 # honcho's signature
        """Run it to its end."""
        super().run(events, ignore_signals)
        watchdog().forget(self._child.pid)


def add_all(
    processes: Processes, commands: Mapping[str, str], environment: Mapping[str, str], cwd: Path
) -> None:
    """Add them; a process of its own session each, as honcho does it."""
    for name, command in commands.items():
        processes.add_process(name, command, env=dict(environment), cwd=str(cwd))
