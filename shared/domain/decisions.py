"""What a provider's word does to a charge."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar, assert_never

from shared.domain import outcomes as o
from shared.domain.charge import SETTLED, Charge, Status
from shared.domain.late_money import LateMoney, Remedy, Terms, Verdict, weigh
from shared.domain.retry_policy import (
    FIRST_LOOK_TRIES,
    PARKED_DELAY,
    AttemptRecord,
    retry_delay,
)
from shared.domain.state_machine import Event, next_status

Found = TypeVar("Found")

_WAITING: Final = frozenset({Status.REQUIRES_ACTION, Status.PROCESSING})


@dataclass(frozen=True, slots=True)
class Limits:
    """How long Chargehand is patient."""

    unsent: timedelta
    """After this, a charge that provably never went out is given up."""
    indeterminate: timedelta
    """After this, a charge without a definite answer is put before a person."""
    action: timedelta
    """How long payer or provider may keep us waiting, where none is named, before we look."""
    waiting: timedelta = timedelta(days=14)
    """After this, a charge that still waits for payer or provider is put before a person."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a decision needs besides the charge and the outcome."""

    now: datetime
    tries: int
    """Of the open attempt, and one for each attempt before it."""
    jitter: float
    livemode: bool
    limits: Limits
    asked_at: datetime | None = None
    """When the open attempt began: doubt about it cannot be older."""
    late_money: LateMoney = field(default_factory=LateMoney)
    is_contested: bool = False
    """Another charge of the order has paid it, or may: asked only of a charge that failed."""
    is_kept_apart: bool = False
    """The capture is on record as money that does not pay."""
    held_until: datetime | None = None
    """When the circuit lets a call pass again: it rests for the charge, which has no delay of its
    own then."""
    excused: timedelta = timedelta(0)
    """How long the charge had to wait by no fault but ours."""

    def next_try(self, tries: int, at_least: timedelta | None) -> datetime:
        """When to try again after a call without an answer; `at_least` is the provider's wish."""
        if self.held_until is None:
            return self.now + retry_delay(tries, self.jitter, at_least)
        rested = self.held_until + (self.held_until - self.now) * self.jitter
        return max(rested, self.now + (at_least or timedelta(0)))


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a charge ended without money, or was put before a person."""

    code: str
    message: str


_GIVEN_BACK: Final = Failure(
    "money_returned", "The payment was not what the order asks for, and is given back."
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be written: the event, where it leads, and when to look again.

    Where the status stays, None leaves what the row holds.
    """

    event: Event
    status: Status
    reason: str
    failure: Failure | None = None
    """Only with a move: an absorbed refusal must not explain a charge that it did not end."""
    retry_at: datetime | None = None
    deadline_at: datetime | None = None
    verdict: Verdict | None = None
    """Of money that does not pay."""

    @property
    def is_final(self) -> bool:
        """Nothing more is due for the charge."""
        return self.status in SETTLED or self.status is Status.NEEDS_REVIEW


def judge(charge: Charge, outcome: o.Outcome, seen: Circumstances) -> Decision:
    """Decide what the outcome does to the charge. Pure and total."""
    match outcome:
        case o.Approved():
            return _approved(charge, outcome, seen)
        case o.Declined(code, message):
            return _move(charge, Event.DECLINED, code, Failure(code, message))
        case o.RequiresAction(_, action):
            return _wait(charge, Event.ACTION_REQUIRED, action.kind, action.expires_at, seen)
        case o.PayerActed():
            return _due_now(charge, _move(charge, Event.PAYER_ACTED, "payer acted"), seen)
        case o.Submitted(_, reason):
            return _wait(charge, Event.SUBMITTED, reason, None, seen)
        case o.Canceled() | o.Withdrawn() | o.Contradicted():
            return _called_off(charge, outcome)
        case _:
            return _unanswered(charge, outcome, seen)


def weigh_absence(found: Found, attempt: AttemptRecord, now: datetime) -> Found | o.Indeterminate:
    """Doubt an absence while a request under the key may still be at work.

    Where the key is still replayable, an answer was lost. We look rather than send again within the
    key's margin, and so perhaps a moment after the last request left. At the key's end it is old.
    """
    if isinstance(found, o.Absent) and attempt.replayable and now < attempt.key_expires_at:
        rest = attempt.key_expires_at - now
        return o.Indeterminate("a request may still be at work", retry_after=rest)
    return found


def _approved(charge: Charge, fact: o.Approved, seen: Circumstances) -> Decision:
    if seen.is_kept_apart:
        return _move(charge, Event.RETURNED, "it is kept apart already", _GIVEN_BACK)
    verdict = weigh(charge, fact, Terms(seen.livemode, seen.late_money, seen.is_contested))
    match verdict.remedy:
        case Remedy.COMPLETE:
            return _move(charge, Event.APPROVED, f"captured {fact.money}")
        case Remedy.REFUND:
            decision = _move(charge, Event.RETURNED, verdict.complaint, _GIVEN_BACK)
        case Remedy.REVIEW:
            decision = _contradicted(charge, verdict.complaint)
        case _:
            assert_never(verdict.remedy)
    return replace(decision, verdict=verdict)


def _called_off(charge: Charge, outcome: o.Canceled | o.Withdrawn | o.Contradicted) -> Decision:
    match outcome:
        case o.Canceled():
            return _move(charge, Event.CANCELED, "canceled at the provider")
        case o.Withdrawn(reason):
            return _move(charge, Event.WITHDRAWN, reason)
        case o.Contradicted(complaint):
            return _contradicted(charge, complaint)


def _contradicted(charge: Charge, complaint: str) -> Decision:
    return _move(charge, Event.CONTRADICTED, complaint, Failure("contradiction", complaint))


def _unanswered(
    charge: Charge,
    outcome: o.NotSent | o.Indeterminate | o.Absent | o.Misconfigured,
    seen: Circumstances,
) -> Decision:
    match outcome:
        case o.NotSent(reason, retry_after):
            return _not_sent(charge, reason, retry_after, seen)
        case o.Misconfigured(reason):
            rest = None if seen.held_until else PARKED_DELAY
            return _again(_move(charge, Event.NOT_SENT, reason), seen.next_try(0, rest))
        case o.Absent(evidence):
            return _due_now(charge, _move(charge, Event.PROVEN_ABSENT, evidence), seen)
        case o.Indeterminate(reason, _, retry_after):
            return _unresolved_or_again(charge, Event.OUTCOME_LOST, reason, retry_after, seen)
        case _:
            assert_never(outcome)


def _not_sent(
    charge: Charge, reason: str, retry_after: timedelta | None, seen: Circumstances
) -> Decision:
    never_executed = charge.status is Status.SUBMITTING
    if never_executed and _asking(charge, seen) > seen.limits.unsent:
        failure = Failure("provider_unavailable", "The payment provider could not be reached.")
        return _move(charge, Event.CANCELED, reason, failure)
    return _unresolved_or_again(charge, Event.NOT_SENT, reason, retry_after, seen)


def _unresolved_or_again(
    charge: Charge, event: Event, reason: str, retry_after: timedelta | None, seen: Circumstances
) -> Decision:
    """Look again later, unless the charge has been in doubt for too long.

    Only doubt runs out of patience here: one lost answer about a charge that settles over days,
    or about an old charge's first call, is no reason to trouble a person. Doubt begins with a
    quick look, however often the call was put off before it went out.
    """
    in_doubt = charge.status is Status.INDETERMINATE
    if in_doubt and _asking(charge, seen) > seen.limits.indeterminate:
        return _unresolved(charge, reason)
    decision = _move(charge, event, reason)
    begins = decision.status is Status.INDETERMINATE and not in_doubt
    tries = FIRST_LOOK_TRIES if begins else seen.tries
    return _again(decision, seen.next_try(tries, retry_after))


def _wait(
    charge: Charge, event: Event, reason: str, expires_at: datetime | None, seen: Circumstances
) -> Decision:
    """Set a deadline on the way in; hearing the same again moves it only where one is named."""
    decision = _move(charge, event, reason)
    if decision.status not in _WAITING:
        return decision
    if decision.status is not charge.status:
        return replace(decision, deadline_at=expires_at or seen.now + seen.limits.action)
    if seen.now - charge.created_at > seen.limits.waiting:
        return _unresolved(charge, reason)
    return replace(decision, deadline_at=expires_at)


def _unresolved(charge: Charge, reason: str) -> Decision:
    return _move(charge, Event.UNRESOLVED, reason, Failure("unresolved", reason))


def _move(charge: Charge, event: Event, reason: str, failure: Failure | None = None) -> Decision:
    status = next_status(charge.status, event)
    return Decision(event, status, reason, failure if status is not charge.status else None)


def _again(decision: Decision, at: datetime) -> Decision:
    return decision if decision.is_final else replace(decision, retry_at=at)


def _due_now(charge: Charge, decision: Decision, seen: Circumstances) -> Decision:
    return _again(decision, seen.now) if decision.status is not charge.status else decision


def _asking(charge: Charge, seen: Circumstances) -> timedelta:
    """For how long we ask, since it was ours to ask, and the provider was not let alone."""
    return seen.now - (seen.asked_at or charge.created_at) - seen.excused
