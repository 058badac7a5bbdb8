"""Flower's view of a task: its reason in the column of results, a link to its charge."""

from __future__ import annotations

import ast
from typing import Final, Protocol

from flower.views import BaseHandler
from tornado.web import authenticated

LINK: Final = "{}"
"""What stands as a task's root, which Flower links to as a task, by its first eight characters."""

LINKED: Final = r"/task/(\d+)"


class SeenTask(Protocol):
    """What is used of Celery's `celery.events.state.Task`; each may be None."""

    kwargs: str | None
    result: str | None
    exception: str | None
    root_id: str | None


def shown(task: SeenTask) -> SeenTask:
    """The copy of a task that Flower hands out, as it shows it."""
    charge = charge_of(task)
    task.root_id = LINK.format(charge) if charge else None
    task.result = task.exception or task.result
    return task


def charge_of(task: SeenTask) -> int | None:
    """The charge that the task was sent for, or that its report names."""
    for told in (task.kwargs, task.result):
        charge = _facts(told).get("charge")
        if isinstance(charge, int):
            return charge
    return None


def _facts(told: str | None) -> dict[object, object]:
    try:
        facts = ast.literal_eval(told or "")
    except (SyntaxError, ValueError):  # cut off at 1,024 characters, or no report
        return {}
    return facts if isinstance(facts, dict) else {}


class ToCharge(BaseHandler):  # type: ignore[misc] # Flower has no types
    """Leads from a task to its charge in the console."""

    console_url: str

    def initialize(self, console_url: str) -> None:
        """Take where the console is."""
        self.console_url = console_url

    @authenticated
    def get(self, charge_id: str) -> None:
        """Send the browser there."""
        self.redirect(f"{self.console_url.rstrip('/')}/ops/charges/{charge_id}")
