"""A report: what a task that is over tells whoever watches it in Flower."""

from __future__ import annotations

from typing import Final

from shared.domain.outcomes import Outcome
from shared.domain.refund_decisions import RefundOutcome

Report = dict[str, object]
"""What the task was about, by the names of things, with what came of it."""

_SHOWN: Final = ("status", "code", "reason", "reference")
"""Of an outcome's fields: none of the instrument, nothing that is the buyer's."""


def report(outcome: Outcome | RefundOutcome, **about: object) -> Report:
    """What the task of an outcome was about, then the outcome's name and reason."""
    told = {name: getattr(outcome, name, None) for name in _SHOWN}
    shown = {name: str(value) for name, value in told.items() if value is not None}
    return about | {"outcome": type(outcome).__name__} | shown
