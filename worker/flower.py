"""Flower's view of a task: its reason in the column of results, links to what it is about."""

from __future__ import annotations

import ast
from typing import Final, Protocol

from flower.views import BaseHandler
from tornado.web import authenticated

_CHARGE: Final = "charge"

ROOMS: Final = {
    _CHARGE: "charges",
    "refund": "refunds",
    "webhook_event": "webhooks",
    "delivery": "deliveries",
}
"""Where the console shows a thing, by the name that a task's arguments give it."""

LINKED: Final = rf"/task/(?:({'|'.join(ROOMS)})-)?(\d+)"
"""What Flower's links to a task's root or parent are, where they lead to the console."""


class SeenTask(Protocol):
    """What is used of Celery's `celery.events.state.Task`; each may be None."""

    kwargs: str | None
    result: str | None
    exception: str | None
    root_id: str | None
    parent_id: str | None


def shown(task: SeenTask) -> SeenTask:
    """The copy of a task that Flower hands out, as it shows it.

    Flower links to a task's root and parent: its charge (`17`) stands as the root, and what else
    it was sent for (`refund-3`) as the parent.
    """
    charge = charge_of(task)
    task.root_id = str(charge) if charge else None
    task.parent_id = sent_for(task)
    task.result = task.exception or task.result
    return task


def charge_of(task: SeenTask) -> int | None:
    """The charge that the task was sent for, or that its report names."""
    for told in (task.kwargs, task.result):
        charge = _facts(told).get(_CHARGE)
        if isinstance(charge, int):
            return charge
    return None


def sent_for(task: SeenTask) -> str | None:
    """The thing other than a charge that the task was sent for, as `refund-3`."""
    for name, row_id in _facts(task.kwargs).items():
        if name in ROOMS and name != _CHARGE and isinstance(row_id, int):
            return f"{name}-{row_id}"
    return None


def _facts(told: str | None) -> dict[object, object]:
    try:
        facts = ast.literal_eval(told or "")
    except (SyntaxError, ValueError):  # cut off at 1,024 characters, or no report
        return {}
    return facts if isinstance(facts, dict) else {}


class ToConsole(BaseHandler):  # type: ignore[misc] # Flower has no types
    """Leads from a task to what it is about in the console."""

    console_url: str

    def initialize(self, console_url: str) -> None:
        """Take where the console is."""
        self.console_url = console_url

    @authenticated
    def get(self, thing: str | None, row_id: str) -> None:
        """Send the browser there."""
        room = ROOMS[thing or _CHARGE]
        self.redirect(f"{self.console_url.rstrip('/')}/ops/{room}/{row_id}")
