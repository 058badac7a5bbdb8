"""Those who die: a zygote for the run, of which each life is a fork."""

import subprocess
import sys
from types import TracebackType

from local.folders import PROJECT
from shared.crash_points import EXIT_CODE, CrashPoint
from tests.crashes.zygote import Life
from tests.reconciliation.workshop import Workshop


class Zygote:
    """Runs hands in processes of their own, over a workshop's database and sandbox."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.crashes.zygote"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=PROJECT, stdin=pipe, stdout=pipe, text=True)

    def __enter__(self) -> "Zygote":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._process.communicate()

    def die(
        self, workshop: Workshop, point: CrashPoint, hand: str, *arguments: object, passes: int = 0
    ) -> None:
        """Let a process die at the point, and nowhere else."""
        ahead = workshop.clock.ahead.total_seconds()
        life = Life(workshop.settings, ahead, hand, list(arguments), point.name, passes)
        assert self._process.stdin
        assert self._process.stdout
        print(life.line, file=self._process.stdin, flush=True)
        code = int(self._process.stdout.readline())
        assert code == EXIT_CODE, f"{hand} never came to {point.name}: it ended with {code}"
