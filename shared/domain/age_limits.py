"""How long a charge may stand in each state, and how often it is looked up there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.domain.charge import Status


@dataclass(frozen=True, slots=True)
class AgeLimit:
    """What is too long in a state."""

    alarm_after: timedelta
    """Longer than that in one piece is an alarm."""
    look_again: timedelta | None = None
    """How often the provider's object is read, once past its deadline. None: the charge moves by
    its own due instant, or waits for a person."""


AGE_LIMITS: Final = {
    # Between two tries are ten minutes at most: whoever waits longer has no worker.
    Status.ACCEPTED: AgeLimit(timedelta(minutes=15)),
    # A claim is taken over when its lease ends.
    Status.SUBMITTING: AgeLimit(timedelta(minutes=5)),
    Status.INDETERMINATE: AgeLimit(timedelta(hours=1)),
    # PayPal's payer has three days.
    Status.REQUIRES_ACTION: AgeLimit(timedelta(days=4), look_again=timedelta(minutes=5)),
    # A SEPA debit settles within two weeks; its event is the usual news of it.
    Status.PROCESSING: AgeLimit(timedelta(days=10), look_again=timedelta(minutes=30)),
    Status.NEEDS_REVIEW: AgeLimit(timedelta(days=1)),
}
"""Every state that is not the end. What is given up when is `decisions.Limits`."""


def oldest_allowed(now: datetime) -> dict[Status, datetime]:
    """By state, since when a charge may stand there without an alarm."""
    return {status: now - limit.alarm_after for status, limit in AGE_LIMITS.items()}
