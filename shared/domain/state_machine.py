"""The state machine of a charge: one table of what moves it where."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from shared.domain.charge import Status


class Event(StrEnum):
    """What happens to a charge."""

    CLAIMED = "claimed"  # a worker took it, and is about to call the provider
    NOT_SENT = "not_sent"  # provably nothing was executed
    OUTCOME_LOST = "outcome_lost"  # the call ended without an answer, or its worker died
    PROVEN_ABSENT = "proven_absent"  # a consistent read shows that nothing was executed
    ACTION_REQUIRED = "action_required"  # the payer must act
    PAYER_ACTED = "payer_acted"  # the payer has acted
    SUBMITTED = "submitted"  # the provider settles later
    APPROVED = "approved"  # captured, as asked
    DECLINED = "declined"  # definitely refused
    CANCELED = "canceled"  # cancelled, and confirmed
    WITHDRAWN = "withdrawn"  # called off by the buyer, before anything was executed
    RETURNED = "returned"  # captured, but not as asked: the money goes back
    CONTRADICTED = "contradicted"  # the provider's facts do not agree with ours
    UNRESOLVED = "unresolved"  # past its age limit
    REVIEWED_PAID = "reviewed_paid"  # a person decided: its payment stands
    REVIEWED_FAILED = "reviewed_failed"  # a person decided: no money of it pays
    REVIEWED_CANCELED = "reviewed_canceled"  # a person decided: it is called off


_S = Status

_FACTS: Final[dict[Event, Status]] = {
    Event.SUBMITTED: _S.PROCESSING,
    Event.APPROVED: _S.SUCCEEDED,
    Event.DECLINED: _S.FAILED,
    Event.CANCELED: _S.CANCELED,
    Event.RETURNED: _S.FAILED,
    Event.CONTRADICTED: _S.NEEDS_REVIEW,
}
"""Where a definite fact moves a charge that still waits for one."""

TRANSITIONS: Final[dict[Status, dict[Event, Status]]] = {
    _S.ACCEPTED: _FACTS | {Event.CLAIMED: _S.SUBMITTING, Event.WITHDRAWN: _S.CANCELED},
    _S.SUBMITTING: _FACTS
    | {
        Event.NOT_SENT: _S.ACCEPTED,
        Event.OUTCOME_LOST: _S.INDETERMINATE,
        Event.ACTION_REQUIRED: _S.REQUIRES_ACTION,
    },
    _S.INDETERMINATE: _FACTS
    | {
        Event.PROVEN_ABSENT: _S.ACCEPTED,
        Event.ACTION_REQUIRED: _S.REQUIRES_ACTION,
        Event.UNRESOLVED: _S.NEEDS_REVIEW,
    },
    _S.REQUIRES_ACTION: _FACTS
    | {Event.PAYER_ACTED: _S.ACCEPTED, Event.UNRESOLVED: _S.NEEDS_REVIEW},
    _S.PROCESSING: _FACTS | {Event.UNRESOLVED: _S.NEEDS_REVIEW},
    _S.SUCCEEDED: {Event.CONTRADICTED: _S.NEEDS_REVIEW},
    # The provider's object may outlive a refusal: its payer tries again, and pays.
    _S.FAILED: {Event.APPROVED: _S.SUCCEEDED, Event.CONTRADICTED: _S.NEEDS_REVIEW},
    _S.CANCELED: {Event.APPROVED: _S.NEEDS_REVIEW, Event.CONTRADICTED: _S.NEEDS_REVIEW},
    # A person leads out of it alone, and only by what the provider proves (`resolutions`).
    _S.NEEDS_REVIEW: {
        Event.REVIEWED_PAID: _S.SUCCEEDED,
        Event.REVIEWED_FAILED: _S.FAILED,
        Event.REVIEWED_CANCELED: _S.CANCELED,
    },
}
"""The moves. A pair that is not here leaves the charge where it is: repeated, late and reordered
facts are absorbed. Money is weighed before, wherever the charge stands (`late_money`)."""

ALLOWED_MOVES: Final = frozenset(
    (start, end)
    for start, moves in TRANSITIONS.items()
    for end in moves.values()
    if end is not start
)
"""Every (from, to) that may ever be written; the database's trigger holds the same pairs."""


def next_status(status: Status, event: Event) -> Status:
    """Where the charge stands after the event: total, so that every pair has an answer."""
    return TRANSITIONS[status].get(event, status)
