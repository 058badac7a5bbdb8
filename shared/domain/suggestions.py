"""What Chargehand would do with a charge that it put before a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.domain import outcomes as o
from shared.domain.charge import Charge, Status
from shared.domain.late_money import Misfit


class Action(StrEnum):
    """What a person can decide."""

    REFUND = "refund"  # give this capture back, whole
    ACCEPT = "accept"  # let this money pay the order after all
    LOOK_UP = "look_up"  # look at the provider's own pages, then decide
    CANCEL = "cancel"  # call it off at the provider, so that the order can be charged anew
    DISMISS = "dismiss"  # it is not this charge's money


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An action with its reason, a sentence for a person."""

    action: Action
    because: str


@dataclass(frozen=True, slots=True)
class Case:
    """A charge as it stood, with what arrived for it."""

    charge: Charge
    outcome: o.Outcome
    misfit: Misfit | None = None
    """Why the money that arrived does not pay."""


_MONEY: Final = {
    Misfit.MODE: Suggestion(
        Action.DISMISS, "Test and live mode do not agree: no money of this charge."
    ),
    Misfit.ACCOUNT: Suggestion(
        Action.LOOK_UP, "It was captured on another account than the charge's."
    ),
    Misfit.UNNAMED: Suggestion(Action.LOOK_UP, "The provider's object does not name this charge."),
    Misfit.RESTATED: Suggestion(
        Action.LOOK_UP, "The payment is shown with another amount than before."
    ),
    Misfit.SECOND_CAPTURE: Suggestion(Action.REFUND, "The order was captured a second time."),
    Misfit.WRONG_CURRENCY: Suggestion(
        Action.REFUND, "It was captured in another currency than was asked."
    ),
    Misfit.WRONG_AMOUNT: Suggestion(Action.REFUND, "Another amount was captured than was asked."),
    Misfit.ORDER_PAID: Suggestion(Action.REFUND, "The order was paid by another charge."),
    Misfit.ORDER_CANCELLED: Suggestion(Action.REFUND, "The order was over before the money came."),
    Misfit.ORDER_EXPIRED: Suggestion(
        Action.ACCEPT, "The money came late and is right, if the seats are still there."
    ),
    Misfit.CHARGE_CANCELED: Suggestion(
        Action.REFUND, "The charge was cancelled before the money came."
    ),
    Misfit.ANOTHER_CHARGE: Suggestion(Action.REFUND, "Another charge pays the order, or may."),
}
"""For money that arrived, by why it does not pay."""

_SILENCE: Final = {
    Status.INDETERMINATE: Suggestion(
        Action.LOOK_UP, "Nothing proved whether the provider carried it out."
    ),
    Status.PROCESSING: Suggestion(Action.LOOK_UP, "The provider has not settled it for too long."),
    Status.REQUIRES_ACTION: Suggestion(Action.CANCEL, "The payer has not acted for too long."),
}
"""By where the charge stood, where no money arrived."""

_UNFORESEEN: Final = Suggestion(Action.LOOK_UP, "No rule of Chargehand's speaks of this.")


def suggest(case: Case) -> Suggestion:
    """What to do. Total."""
    if case.misfit is not None:
        return _MONEY.get(case.misfit, _UNFORESEEN)
    if isinstance(case.outcome, o.Approved):
        return _UNFORESEEN
    return _SILENCE.get(case.charge.status, _UNFORESEEN)
