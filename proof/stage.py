"""The stage: code that runs until it pauses, and goes on when it is told to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet


class Actor:
    """One worker at one task, paused somewhere between its transactions and calls."""

    def __init__(self, name: str, task: Callable[[], object]) -> None:
        self.name = name
        self.place = "start"
        self.subject: Any = None
        self.steps = 0
        self.memory, self.remembered = 0, 0
        """What it learnt so far, and in how many of its steps: for whoever searches."""
        self._greenlet = greenlet(task)

    def resume(self, word: object = None) -> None:
        """Let it run to its next pause, with an answer to what it paused for."""
        self.steps += 1
        told = self._greenlet.switch(*([word] if self.place != "start" else []))
        self.place, self.subject = ("done", None) if self._greenlet.dead else told

    def kill(self) -> None:
        """Let it die where it stands: nothing that it had not committed ever happened."""
        if self.place != "start":
            self._greenlet.throw(GreenletExit)
        self.place = "dead"

    @property
    def is_over(self) -> bool:
        """Whether it ended, one way or the other."""
        return self.place in {"done", "dead"}


def pause(place: str, subject: object = None) -> Any:
    """Let whoever directs the stage decide what happens next; off stage, go on at once."""
    director = getcurrent().parent
    return None if director is None else director.switch((place, subject))
