"""When an attempt may go out again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from shared.domain.charge import Operation

KEY_LIVES: Final = {
    Operation.STRIPE_PAYMENT: timedelta(hours=24),
    Operation.PAYPAL_ORDER_CREATE: timedelta(hours=6),
    Operation.PAYPAL_ORDER_CAPTURE: timedelta(hours=6),
    Operation.PAYPAL_PAYMENT_EXECUTE: timedelta(days=30),
    Operation.STRIPE_REFUND: timedelta(hours=24),
    Operation.PAYPAL_CAPTURE_REFUND: timedelta(days=45),
    Operation.PAYPAL_SALE_REFUND: timedelta(days=30),
}
"""How long the provider remembers an idempotency key (Stripe: Idempotent requests; PayPal:
Orders v2, Payments v2 and v1, PayPal-Request-Id). After it the same key would charge again."""

KEY_MARGIN: Final = timedelta(minutes=10)
"""No POST leaves this close to the end of its key: clocks differ, and a call takes time."""

FIRST_DELAY: Final = timedelta(seconds=2)
LONGEST_DELAY: Final = timedelta(minutes=10)
FIRST_LOOK_TRIES: Final = 1
"""As if it were the first try: a lost answer is looked for within 4 s, unless the provider itself
asks for more."""
PARKED_DELAY: Final = timedelta(minutes=1)
"""How long rests what was refused our credentials, where no circuit says it."""


class Step(Enum):
    """What an attempt may do next."""

    PERFORM = auto()  # send the frozen request under the frozen key, for the first time or again
    FIND = auto()  # only read: a POST could charge again, or is answered the same for ever
    RENEW = auto()  # nothing was ever executed under this key: a new attempt may begin


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """What is known of an attempt before its next step."""

    key_expires_at: datetime
    maybe_executed: bool
    """Some earlier try ended without proof that nothing happened."""
    replayable: bool
    """The provider still answers this key with something definite."""


def next_step(attempt: AttemptRecord, now: datetime) -> Step:
    """Decide by evidence alone: no POST leaves with a key that the provider may have forgotten."""
    key_lives = now < attempt.key_expires_at - KEY_MARGIN
    if key_lives and attempt.replayable:
        return Step.PERFORM
    return Step.FIND if attempt.maybe_executed else Step.RENEW


def key_expiry(operation: Operation, now: datetime) -> datetime:
    """The instant after which the provider may have forgotten a key first used now."""
    return now + KEY_LIVES[operation]


def retry_delay(tries: int, jitter: float, at_least: timedelta | None = None) -> timedelta:
    """Exponential with full jitter (jitter in [0, 1)), from 2 s doubling to 10 min.

    `at_least` is the provider's `Retry-After`; it is never undercut.
    """
    ceiling = min(LONGEST_DELAY, FIRST_DELAY * (1 << min(tries, 20)))
    return max(at_least or timedelta(0), ceiling * jitter)
