"""Outbound events: what the ticketing platform is told, and when it is told again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class OutboundType(StrEnum):
    """Every kind of event that Chargehand sends."""

    CHARGE_SUCCEEDED = "charge.succeeded"
    CHARGE_FAILED = "charge.failed"
    CHARGE_CANCELED = "charge.canceled"
    CHARGE_REQUIRES_ACTION = "charge.requires_action"
    CHARGE_NEEDS_REVIEW = "charge.needs_review"
    ORDER_COMPLETED = "order.completed"
    ORDER_REFUNDED = "order.refunded"
    REFUND_SUCCEEDED = "refund.succeeded"
    REFUND_FAILED = "refund.failed"
    REFUND_NEEDS_REVIEW = "refund.needs_review"
    STRAY_CAPTURE_FOUND = "stray_capture.found"
    DISPUTE_OPENED = "dispute.opened"
    DISPUTE_CLOSED = "dispute.closed"
    ENDPOINT_PING = "endpoint.ping"


class EndpointStatus(StrEnum):
    """Whether an endpoint is sent to. What is disabled still collects what it is owed."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    DELETED = "deleted"


class DeliveryStatus(StrEnum):
    """How far an event came on its way to an endpoint."""

    PENDING = "pending"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


DELAYS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""What follows each failed try: three days (Standard Webhooks, Deliverability and reliability)."""

JITTER: Final = 0.2
"""The part by which a delay may grow, so that what failed together does not return together."""

FAILING_PATIENCE: Final = timedelta(days=3)
"""An endpoint where every try has failed for so long is disabled."""

LONGEST_RETRY_AFTER: Final = timedelta(days=1)
GONE: Final = 410

MOST_AT_ONCE: Final = 16
"""Deliveries in flight to one endpoint, so that one that hangs leaves room for others."""
MOST_WHILE_FAILING: Final = 2
PAUSE: Final = timedelta(seconds=0.25)
"""Where an endpoint has enough: the relay tells no more anyway, but for those just told."""
FAILING_PAUSE: Final = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of sending an event once; without a status code nobody answered."""

    status_code: int | None = None
    error: str | None = None
    retry_after: timedelta | None = None

    @property
    def is_success(self) -> bool:
        """Any 2xx, as the specification has it."""
        return self.status_code is not None and 200 <= self.status_code < 300  # noqa: PLR2004 the class of codes


@dataclass(frozen=True, slots=True)
class Delivered:
    """The endpoint took it."""


@dataclass(frozen=True, slots=True)
class Postponed:
    """It is to be sent again."""

    until: datetime


@dataclass(frozen=True, slots=True)
class GivenUp:
    """An endpoint that takes other events would not take this one: the next may pass it by."""


@dataclass(frozen=True, slots=True)
class EndpointLost:
    """The endpoint is to be disabled; the event stays owed to it."""

    reason: str


Verdict = Delivered | Postponed | GivenUp | EndpointLost


@dataclass(frozen=True, slots=True)
class Tried:
    """What is known when a try has ended."""

    now: datetime
    tries: int
    """Of this delivery, the one that just ended included."""
    failing_since: datetime | None
    """When the endpoint's unbroken run of failures began, before this one."""
    jitter: float


def judge_answer(answer: Answer, tried: Tried) -> Verdict:
    """What becomes of a delivery, and of its endpoint. Pure and total."""
    if answer.is_success:
        return Delivered()
    if answer.status_code == GONE:
        return EndpointLost("it answered 410 Gone")
    if tried.now - (tried.failing_since or tried.now) >= FAILING_PATIENCE:
        return EndpointLost(f"every try has failed for {FAILING_PATIENCE.days} days")
    if tried.tries > len(DELAYS):
        return GivenUp()
    delay = DELAYS[tried.tries - 1] * (1 + JITTER * tried.jitter)
    named = min(answer.retry_after or timedelta(0), LONGEST_RETRY_AFTER)
    return Postponed(tried.now + max(delay, named))


def pause_at(in_flight: int, jitter: float, *, is_failing: bool) -> timedelta | None:
    """How long a delivery waits because its endpoint has enough of them; None where it has not."""
    if in_flight < (MOST_WHILE_FAILING if is_failing else MOST_AT_ONCE):
        return None
    return (FAILING_PAUSE if is_failing else PAUSE) * (1 + jitter)
