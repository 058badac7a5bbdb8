"""The zygote: a process that has imported everything, and forks one that dies for each life.

It runs one thread and holds no connection, so that a fork of it is as clean as a new process. A
life is a line of JSON on its input; the exit code of who lived it is a line on its output.
"""

import gc
import json
import os
import sys
import traceback
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.container import Container, build
from shared.crash_points import CrashPoint, arm
from shared.settings import Settings
from tests.crashes.hands import HANDS


@dataclass(frozen=True)
class Life:
    """What a process is to do, and at which point it dies."""

    settings: dict[str, str]
    seconds_ahead: float
    hand: str
    arguments: list[Any]
    point: str
    passes: int = 0

    @property
    def line(self) -> str:
        """As the zygote reads it."""
        return json.dumps(asdict(self))


def main() -> None:
    """Live each life in a process of its own, one after the other."""
    gc.freeze()  # else each life copies what it collects
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _live(Life(**json.loads(line)))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 it is its answer


def _live(life: Life) -> None:
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what is logged is no answer
    try:
        deps = _container(life)
        arm(CrashPoint[life.point], life.passes)
        HANDS[life.hand](deps, *life.arguments)
    except BaseException:  # noqa: BLE001 whatever it is, this process must not go on as a zygote
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _container(life: Life) -> Container:
    ahead = timedelta(seconds=life.seconds_ahead)
    return build(
        Settings.model_validate(life.settings),
        name="doomed",
        clock=lambda: datetime.now(UTC) + ahead,
    )


if __name__ == "__main__":
    main()
