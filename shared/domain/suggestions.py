"""What Chargehand would do with a charge that it put before a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.domain import outcomes as o
from shared.domain.charge import RELEASED, Charge, OrderStatus, Status


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
    livemode: bool


Test = Callable[[Charge, o.Approved, Case], bool]

_MONEY: Final[tuple[tuple[Test, Suggestion], ...]] = (
    (
        lambda _, fact, case: fact.livemode != case.livemode,
        Suggestion(Action.DISMISS, "Test and live mode do not agree: no money of this charge."),
    ),
    (
        lambda charge, fact, _: fact.account != charge.account,
        Suggestion(Action.LOOK_UP, "It was captured on another account than the charge's."),
    ),
    (
        lambda charge, fact, _: not _is_named(charge, fact),
        Suggestion(Action.LOOK_UP, "The provider's object does not name this charge."),
    ),
    (
        lambda charge, fact, _: charge.capture_reference not in (None, fact.capture_reference),
        Suggestion(Action.REFUND, "The order was captured a second time."),
    ),
    (
        lambda charge, fact, _: fact.money.currency != charge.money.currency,
        Suggestion(Action.REFUND, "It was captured in another currency than was asked."),
    ),
    (
        lambda charge, fact, _: fact.money != charge.money,
        Suggestion(Action.REFUND, "Another amount was captured than was asked."),
    ),
    (
        lambda charge, _, __: charge.order_status is OrderStatus.COMPLETED,
        Suggestion(Action.REFUND, "The order was paid by another charge."),
    ),
    (
        lambda charge, _, __: charge.order_status is not OrderStatus.PENDING,
        Suggestion(Action.REFUND, "The order was over before the money came."),
    ),
    (
        lambda charge, _, __: charge.status in RELEASED,
        Suggestion(Action.ACCEPT, "The money came late and is right; the order still waits."),
    ),
)
"""For money that arrived: the first row that holds."""

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
    """What to do. Pure and total."""
    charge, fact = case.charge, case.outcome
    if not isinstance(fact, o.Approved):
        return _SILENCE.get(charge.status, _UNFORESEEN)
    fitting = (suggestion for holds, suggestion in _MONEY if holds(charge, fact, case))
    return next(fitting, _UNFORESEEN)


def _is_named(charge: Charge, fact: o.Approved) -> bool:
    return bool({str(charge.identifier), str(charge.order_identifier)} & fact.our_references)
