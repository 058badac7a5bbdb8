"""The wire: requests that left, whose senders may be gone before they arrive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from shared.domain.charge import Operation
from shared.domain.outcomes import Outcome
from shared.domain.refund_decisions import RefundOutcome

Answer = Outcome | RefundOutcome

AT_WORK: Final = timedelta(seconds=100)
"""How long after it left a request may still come into effect: its sender gave up long before
(PROVIDER_DEADLINE), the provider may be at work on it still (SETTLING of the Stripe adapter)."""


class Word(Enum):
    """What a worker that asked hears."""

    TOLD = auto()  # the answer
    LOST = auto()  # nothing, until its patience ends
    UNSENT = auto()  # that no connection could be made


class Verdict(Enum):
    """What the provider makes of a request that arrives."""

    CAPTURED = auto()
    DECLINED = auto()
    ACTION = auto()  # the payer must act first
    PENDING = auto()  # settles later
    THROTTLED = auto()  # 429: nothing done, nothing stored
    BUSY = auto()  # 409: another request under this key is at work
    REFUSED = auto()  # 401: our credentials
    BROKEN = auto()  # 503: nothing done, nothing stored
    STORED_AFTER = auto()  # a 500 that is stored under the key, after the capture
    STORED_BEFORE = auto()  # a 500 that is stored under the key, and nothing was done
    UNPREPARED = auto()  # the same of the call before it, which moves no money


UNDONE: Final = frozenset({Verdict.STORED_BEFORE, Verdict.UNPREPARED})
"""Stored under the key for ever, and nothing was done."""


@dataclass(eq=False)
class Request:
    """A POST on its way."""

    operation: Operation | None
    """None: what is to be called off."""
    key: str
    sent_at: datetime
    effect: Callable[[Verdict], Answer]
    """What it does where the provider takes it on, and what is answered then."""
    answer: Answer | None = None
    """None until it arrived."""
