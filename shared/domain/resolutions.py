"""What a person's decision does to a charge that was put before them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from shared.domain import outcomes as o
from shared.domain.charge import Charge, Status
from shared.domain.decisions import Decision, Failure
from shared.domain.late_money import LateMoney, Remedy, Terms, weigh
from shared.domain.state_machine import Event, next_status


class Resolution(StrEnum):
    """What a person can decide."""

    SUCCEED = "succeed"  # the provider proves the payment: let it stand
    REFUND = "refund"  # give back what was captured
    FAIL = "fail"  # the provider proves that nothing was captured
    CANCEL = "cancel"  # call it off at the provider
    KEEP = "keep"  # note what was found out, and decide later


@dataclass(frozen=True, slots=True)
class Standing:
    """What deciding takes besides the charge and what the provider says."""

    livemode: bool
    is_contested: bool
    """Another charge of the order has paid it, or may."""
    is_kept_apart: bool
    """The capture is on record as money that does not pay."""


@dataclass(frozen=True, slots=True)
class Unproven:
    """Why the decision cannot be had, a sentence for a person."""

    because: str


_RETURNED: Final = Failure("money_returned", "The payment was given back.")


def possible(*, is_captured: bool, has_stray: bool) -> tuple[Resolution, ...]:
    """The decisions worth offering, by the money that is known of."""
    if has_stray:
        return Resolution.REFUND, Resolution.KEEP
    if is_captured:
        return Resolution.SUCCEED, Resolution.REFUND, Resolution.KEEP
    return Resolution.SUCCEED, Resolution.FAIL, Resolution.CANCEL, Resolution.KEEP


def accept(charge: Charge, outcome: o.Outcome, standing: Standing) -> Decision | Unproven:
    """Let the payment stand that the provider's own object proves, as any other is (law 7)."""
    if not isinstance(outcome, o.Approved):
        return _unproven(outcome)
    if standing.is_kept_apart:
        return Unproven("This capture is kept apart as money that does not pay: refund it.")
    # Nobody else is asked whether an expired order may still be completed: this is the answer.
    terms = Terms(standing.livemode, LateMoney(completes_expired=True), standing.is_contested)
    verdict = weigh(replace(charge, status=Status.INDETERMINATE), outcome, terms)
    if verdict.remedy is not Remedy.COMPLETE:
        return Unproven(f"The money does not pay this charge: {verdict.complaint}.")
    if standing.is_contested:
        return Unproven("Another charge of the order has paid it, or may.")
    return _decision(charge, Event.REVIEWED_PAID, f"a person accepts {outcome.money}")


def give_up(charge: Charge, outcome: o.Outcome) -> Decision | Unproven:
    """End a charge of which the provider proves that no money moved, and none will."""
    if charge.is_captured:
        return Unproven("Its money is captured: it can be refunded.")
    match outcome:
        case o.Declined(code, message):
            return _decision(charge, Event.REVIEWED_FAILED, code, Failure(code, message))
        case o.Absent(evidence):
            failure = Failure("not_executed", "The payment never took place.")
            return _decision(charge, Event.REVIEWED_FAILED, evidence, failure)
        case o.Canceled():
            return _decision(charge, Event.REVIEWED_CANCELED, "canceled at the provider")
        case _:
            return _unproven(outcome)


def give_back(charge: Charge) -> Decision:
    """Where a charge stands whose captured money goes back: a refund takes no success away."""
    if charge.is_captured:
        return _decision(charge, Event.REVIEWED_PAID, "a person gives money back")
    return _decision(charge, Event.REVIEWED_FAILED, "a person gives money back", _RETURNED)


def _decision(
    charge: Charge, event: Event, reason: str, failure: Failure | None = None
) -> Decision:
    return Decision(event, next_status(charge.status, event), reason, failure)


def _unproven(outcome: o.Outcome) -> Unproven:
    return Unproven(f"The provider's answer, {type(outcome).__name__}, does not prove it.")
