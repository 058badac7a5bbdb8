"""What a provider's word does to a refund."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, assert_never

from shared.domain import outcomes as o
from shared.domain.decisions import Circumstances, Failure
from shared.domain.refund import Refund, RefundFact, RefundStatus
from shared.domain.refund_moves import RefundEvent, next_status
from shared.domain.retry_policy import FIRST_LOOK_TRIES, PARKED_DELAY

SOONEST_LOOK: Final = timedelta(seconds=10)
LATEST_LOOK: Final = timedelta(hours=1)
"""How often a refund is looked up that the provider has and does not end: by its age, in between.
An event usually comes first."""


class RefundResolution(StrEnum):
    """What a person can decide of a refund that was put before them."""

    SETTLE = "settle"  # what the provider shows now ends it
    KEEP = "keep"  # note what was found out, and decide later


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider's definite no: nothing went back."""

    code: str
    message: str
    """Safe to show to the organizer."""


RefundOutcome = RefundFact | Refused | o.NotSent | o.Indeterminate | o.Absent | o.Misconfigured
"""What a refund's call, a read or an event comes to."""

_ENDINGS: Final = {
    RefundStatus.SUCCEEDED: RefundEvent.SUCCEEDED,
    RefundStatus.FAILED: RefundEvent.FAILED,
    RefundStatus.CANCELED: RefundEvent.CANCELED,
}
"""What a provider shows at the end."""


@dataclass(frozen=True, slots=True)
class RefundDecision:
    """What is to be written: the event, where it leads, and when to look again."""

    event: RefundEvent
    status: RefundStatus
    reason: str
    failure: Failure | None = None
    """Only with a move."""
    retry_at: datetime | None = None
    """Only while the refund is pending."""


def judge_refund(refund: Refund, outcome: RefundOutcome, seen: Circumstances) -> RefundDecision:
    """Decide what the outcome does to the refund. Pure and total."""
    match outcome:
        case RefundFact():
            return _told(refund, outcome, seen)
        case Refused(code, message):
            return _move(refund, RefundEvent.REFUSED, code, Failure(code, message))
        case o.Misconfigured(reason):
            return _again(
                refund, reason, seen.next_try(0, None if seen.held_until else PARKED_DELAY)
            )
        case o.Absent(evidence):
            return _again(refund, evidence, seen.now)
        case o.Indeterminate(reason, _, retry_after) if _is_first_doubt(refund):
            at = seen.next_try(min(seen.tries, FIRST_LOOK_TRIES), retry_after)
            return _again(refund, reason, at)
        case o.NotSent(reason, retry_after) | o.Indeterminate(reason, _, retry_after):
            at = seen.next_try(seen.tries, retry_after)
            return _unresolved(refund, reason, seen) or _again(refund, reason, at)
        case _:
            assert_never(outcome)


def resolve_refund(refund: Refund, outcome: RefundOutcome) -> RefundDecision | str:
    """End a refund that waits for a person, by what the provider shows; else why that ends nothing.

    That the provider has nothing of it ends it here alone, at a person's word.
    """
    match outcome:
        case o.Absent(evidence):
            failure = Failure("not_executed", "The refund never took place.")
            return _move(refund, RefundEvent.FAILED, evidence, failure)
        case RefundFact():
            return _proven(refund, outcome)
        case Refused(_, why) | o.Misconfigured(why) | o.NotSent(why) | o.Indeterminate(why):
            return why
        case _:
            assert_never(outcome)


def contradiction(refund: Refund, fact: RefundFact) -> str | None:
    """Say what keeps this fact from being about this refund; None where all agrees."""
    known = refund.provider_reference or fact.refund_reference
    capture = refund.capture_reference or fact.capture_reference
    checks = (
        (fact.money == refund.money, f"refunded {fact.money} instead of {refund.money}"),
        (fact.refund_reference == known, f"a second refund {fact.refund_reference}"),
        (fact.capture_reference == capture, f"refunded of capture {fact.capture_reference}"),
        (not _was_refused(refund, fact), f"the provider refused it, and shows it {fact.status}"),
    )
    return next((complaint for holds, complaint in checks if not holds), None)


def _told(refund: Refund, fact: RefundFact, seen: Circumstances) -> RefundDecision:
    complaint = contradiction(refund, fact)
    if complaint is not None:
        failure = Failure("contradiction", complaint)
        return _move(refund, RefundEvent.CONTRADICTED, complaint, failure)
    if fact.status in _ENDINGS:
        return _ended(refund, fact)
    reason, later = _standing(fact), seen.now + _look_delay(refund, seen)
    return _unresolved(refund, reason, seen) or _again(refund, reason, later)


def _proven(refund: Refund, fact: RefundFact) -> RefundDecision | str:
    is_known = refund.provider_reference is not None
    if not is_known and str(refund.identifier) not in fact.our_references:
        return f"{fact.refund_reference} does not name this refund"
    if complaint := contradiction(refund, fact):
        return complaint
    return _ended(refund, fact) if fact.status in _ENDINGS else _standing(fact)


def _ended(refund: Refund, fact: RefundFact) -> RefundDecision:
    words = f"The payment provider shows the refund as {fact.status}."
    failure = Failure(f"refund_{fact.status}", words)
    is_lost = fact.status is not RefundStatus.SUCCEEDED
    return _move(refund, _ENDINGS[fact.status], _standing(fact), failure if is_lost else None)


def _standing(fact: RefundFact) -> str:
    return f"{fact.refund_reference} is {fact.status}"


def _was_refused(refund: Refund, fact: RefundFact) -> bool:
    """Whether the provider shows as alive what it said it had not taken.

    A refund that it had taken carries its reference: there, an older word of it arrives late.
    """
    ended = refund.status in {RefundStatus.FAILED, RefundStatus.CANCELED}
    lives = fact.status in {RefundStatus.PENDING, RefundStatus.SUCCEEDED}
    return ended and lives and refund.provider_reference is None


def _is_first_doubt(refund: Refund) -> bool:
    """Whether no answer was lost before: one is no reason to trouble a person, however late."""
    return refund.provider_reference is None and not refund.maybe_executed


def _look_delay(refund: Refund, seen: Circumstances) -> timedelta:
    return max(SOONEST_LOOK, min(LATEST_LOOK, (seen.now - refund.created_at) / 10))


def _unresolved(refund: Refund, reason: str, seen: Circumstances) -> RefundDecision | None:
    is_taken = refund.provider_reference is not None
    patience = seen.limits.waiting if is_taken else seen.limits.indeterminate
    since = refund.created_at if is_taken else seen.asked_at or refund.created_at
    if seen.now - since - seen.excused <= patience:
        return None
    return _move(refund, RefundEvent.UNRESOLVED, reason, Failure("unresolved", reason))


def _again(refund: Refund, reason: str, at: datetime) -> RefundDecision:
    decision = _move(refund, RefundEvent.DEFERRED, reason)
    pending = decision.status is RefundStatus.PENDING
    return replace(decision, retry_at=at) if pending else decision


def _move(
    refund: Refund, event: RefundEvent, reason: str, failure: Failure | None = None
) -> RefundDecision:
    status = next_status(refund.status, event)
    return RefundDecision(event, status, reason, failure if status is not refund.status else None)
