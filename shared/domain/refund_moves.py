"""The state machine of a refund: one table of what moves it where."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from shared.domain.refund import RefundStatus


class RefundEvent(StrEnum):
    """What happens to a refund."""

    DEFERRED = "deferred"  # not sent, no answer, or not yet done at the provider
    REFUSED = "refused"  # the provider says no to our call
    SUCCEEDED = "succeeded"  # the provider shows it as done
    FAILED = "failed"  # the provider shows it as failed, perhaps after it had succeeded
    CANCELED = "canceled"  # the provider shows it as cancelled
    CONTRADICTED = "contradicted"  # the provider's facts do not agree with ours
    UNRESOLVED = "unresolved"  # past its age limit


_S = RefundStatus

_SHOWN: Final = {
    RefundEvent.SUCCEEDED: _S.SUCCEEDED,
    RefundEvent.FAILED: _S.FAILED,
    RefundEvent.CANCELED: _S.CANCELED,
}

TRANSITIONS: Final[dict[RefundStatus, dict[RefundEvent, RefundStatus]]] = {
    _S.PENDING: _SHOWN
    | {
        RefundEvent.REFUSED: _S.FAILED,
        RefundEvent.CONTRADICTED: _S.NEEDS_REVIEW,
        RefundEvent.UNRESOLVED: _S.NEEDS_REVIEW,
    },
    # The payer's bank may send it back days later (Stripe, refund.failed).
    _S.SUCCEEDED: {
        RefundEvent.FAILED: _S.FAILED,
        RefundEvent.CANCELED: _S.CANCELED,
        RefundEvent.CONTRADICTED: _S.NEEDS_REVIEW,
    },
    _S.FAILED: {RefundEvent.CONTRADICTED: _S.NEEDS_REVIEW},
    _S.CANCELED: {RefundEvent.CONTRADICTED: _S.NEEDS_REVIEW},
    # Unlike a charge's, this doubt is ended by what the provider shows.
    _S.NEEDS_REVIEW: _SHOWN,
}
"""The moves. A pair that is not here leaves the refund where it is: repeated, late and reordered
facts are absorbed."""

ALLOWED_MOVES: Final = frozenset(
    (start, end) for start, moves in TRANSITIONS.items() for end in moves.values()
)
"""Every (from, to) that may ever be written; the database's trigger holds the same pairs."""


def next_status(status: RefundStatus, event: RefundEvent) -> RefundStatus:
    """Where the refund stands after the event: total, so that every pair has an answer."""
    return TRANSITIONS[status].get(event, status)
