"""Decisions: each outcome on each status, with what must hold of every decision."""

from dataclasses import replace
from datetime import timedelta
from typing import cast, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import outcomes as o
from shared.domain.charge import Charge, OrderStatus, Status
from shared.domain.decisions import Circumstances, Failure, judge
from shared.domain.retry_policy import PARKED_DELAY
from shared.domain.state_machine import ALLOWED_MOVES, Event, next_status
from tests.unit.domain_samples import (
    CANCELED,
    CHARGE,
    DECLINED,
    LIMITS,
    MINUTE,
    MISCONFIGURED,
    NOON,
    NOT_SENT,
    OUTCOMES,
    REQUIRES_ACTION,
    SEEN,
    SUBMITTED,
)

CODES = {
    "acc": Status.ACCEPTED,
    "sub": Status.SUBMITTING,
    "ind": Status.INDETERMINATE,
    "act": Status.REQUIRES_ACTION,
    "pro": Status.PROCESSING,
    "SUC": Status.SUCCEEDED,
    "FAI": Status.FAILED,
    "CAN": Status.CANCELED,
    "REV": Status.NEEDS_REVIEW,
}
# A dot is a charge that stays where it is.
GRID = """
      Approv Declin ReqAct PayAct Submit Cancel Withdr Contra NotSen Indet Absent Misconf
acc   SUC    FAI    .      .      pro    CAN    CAN    REV    .      .     .      .
sub   SUC    FAI    act    .      pro    CAN    .      REV    acc    ind   .      acc
ind   SUC    FAI    act    .      pro    CAN    .      REV    .      .     acc    .
act   SUC    FAI    .      acc    pro    CAN    .      REV    .      .     .      .
pro   SUC    FAI    .      .      .      CAN    .      REV    .      .     .      .
SUC   .      .      .      .      .      .      .      REV    .      .     .      .
FAI   SUC    .      .      .      .      .      .      REV    .      .     .      .
CAN   .      .      .      .      .      .      .      REV    .      .     .      .
REV   .      .      .      .      .      .      .      .      .      .     .      .
"""
ROWS = [line.split() for line in GRID.strip().splitlines()[1:]]
PAIRS = [
    (CODES[row[0]], outcome, CODES[row[0] if cell == "." else cell])
    for row in ROWS
    for outcome, cell in zip(OUTCOMES, row[1:], strict=True)
]

WAITING = {Status.REQUIRES_ACTION, Status.PROCESSING}
ENTERING = {Status.SUBMITTING, Status.INDETERMINATE}
SAID: tuple[o.Outcome, ...] = (
    *OUTCOMES,
    o.RequiresAction("pi_1", o.NextAction("redirect", expires_at=NOON + MINUTE)),
    o.NotSent("429", retry_after=MINUTE),
    o.Indeterminate("500", replayable=False, retry_after=MINUTE),
)
AGES = st.sampled_from(
    [
        MINUTE,
        LIMITS.unsent,
        LIMITS.unsent + MINUTE,
        LIMITS.indeterminate + MINUTE,
        2 * LIMITS.waiting,
    ]
)
CHARGES = st.builds(
    lambda status, order_status, age, capture, is_captured: replace(
        CHARGE,
        status=status,
        order_status=order_status,
        created_at=NOON - age,
        capture_reference=capture,
        is_captured=is_captured and capture is not None,
    ),
    status=st.sampled_from(Status),
    order_status=st.sampled_from(OrderStatus),
    age=AGES,
    capture=st.sampled_from([None, "ch_1", "ch_2"]),
    is_captured=st.booleans(),
)
CIRCUMSTANCES = st.builds(
    lambda tries, jitter, livemode: replace(SEEN, tries=tries, jitter=jitter, livemode=livemode),
    tries=st.integers(min_value=0, max_value=1000),
    jitter=st.floats(min_value=0, max_value=1, exclude_max=True),
    livemode=st.booleans(),
)


def test_the_grid_names_every_outcome_and_every_status() -> None:
    assert {type(outcome) for outcome in OUTCOMES} == set(get_args(o.Outcome))
    assert {status for status, _, _ in PAIRS} == set(Status)


@pytest.mark.parametrize(
    ("status", "outcome", "expected"),
    PAIRS,
    ids=[f"{status}-{type(outcome).__name__}" for status, outcome, _ in PAIRS],
)
def test_every_outcome_moves_every_status_where_the_grid_says(
    status: Status, outcome: o.Outcome, expected: Status
) -> None:
    decision = judge(replace(CHARGE, status=status), outcome, SEEN)

    assert decision.status is expected


def test_an_outcome_that_nobody_foresaw_is_a_bug_and_decides_nothing() -> None:
    unforeseen = cast("o.Outcome", "perhaps")

    with pytest.raises(AssertionError):
        judge(CHARGE, unforeseen, SEEN)


@given(CHARGES, st.sampled_from(SAID), CIRCUMSTANCES)
def test_a_decision_is_a_move_that_the_machine_allows(
    charge: Charge, outcome: o.Outcome, seen: Circumstances
) -> None:
    decision = judge(charge, outcome, seen)

    assert decision.status is next_status(charge.status, decision.event)
    assert decision.status is charge.status or (charge.status, decision.status) in ALLOWED_MOVES
    assert decision.reason


@given(CHARGES, st.sampled_from(SAID), CIRCUMSTANCES)
def test_a_charge_at_its_end_is_never_due_again(
    charge: Charge, outcome: o.Outcome, seen: Circumstances
) -> None:
    decision = judge(charge, outcome, seen)

    assert not decision.is_final or decision.retry_at is decision.deadline_at is None


@given(CHARGES, st.sampled_from(SAID), CIRCUMSTANCES)
def test_a_charge_that_still_runs_always_comes_round_again(
    charge: Charge, outcome: o.Outcome, seen: Circumstances
) -> None:
    decision = judge(charge, outcome, seen)

    arrived = decision.status is not charge.status
    arrived_waiting = arrived and decision.status in WAITING
    arrived_due = arrived and decision.status in {Status.ACCEPTED, Status.INDETERMINATE}

    assert not arrived_due or (decision.retry_at is not None and decision.retry_at >= seen.now)
    assert not arrived_waiting or decision.deadline_at is not None


@given(CHARGES, st.sampled_from(SAID), CIRCUMSTANCES)
def test_a_failure_is_told_only_of_a_charge_that_just_ended_without_money(
    charge: Charge, outcome: o.Outcome, seen: Circumstances
) -> None:
    decision = judge(charge, outcome, seen)

    ended = {Status.FAILED, Status.CANCELED, Status.NEEDS_REVIEW} - {charge.status}

    assert decision.failure is None or decision.status in ended


@given(CHARGES, st.sampled_from([said for said in SAID if said is not DECLINED]), CIRCUMSTANCES)
def test_nobody_is_told_failed_unless_the_provider_said_so(
    charge: Charge, outcome: o.Outcome, seen: Circumstances
) -> None:
    decision = judge(charge, outcome, seen)

    is_new = decision.status is Status.FAILED is not charge.status
    assert not is_new or decision.event is Event.RETURNED


@given(CHARGES, CIRCUMSTANCES)
def test_a_refusal_of_our_credentials_burns_and_fails_nothing_however_long_it_lasts(
    charge: Charge, seen: Circumstances
) -> None:
    decision = judge(charge, MISCONFIGURED, seen)

    stays = Status.ACCEPTED if charge.status is Status.SUBMITTING else charge.status

    assert decision.status is stays
    assert decision.failure is None
    assert decision.is_final or decision.retry_at == seen.now + PARKED_DELAY


@given(AGES, st.sampled_from([NOT_SENT, MISCONFIGURED, SUBMITTED, REQUIRES_ACTION]))
def test_what_the_provider_certainly_did_or_did_not_do_is_never_called_doubtful(
    age: timedelta, outcome: o.Outcome
) -> None:
    charge = replace(CHARGE, created_at=NOON - age)

    decision = judge(charge, outcome, SEEN)

    assert decision.status is not Status.INDETERMINATE


@given(AGES)
def test_a_call_that_was_not_sent_proves_nothing_of_the_lost_call_before_it(
    age: timedelta,
) -> None:
    charge = replace(CHARGE, status=Status.INDETERMINATE, created_at=NOON - age)

    decision = judge(charge, NOT_SENT, SEEN)

    assert decision.status in {Status.INDETERMINATE, Status.NEEDS_REVIEW}


def test_a_decline_carries_what_the_buyer_may_read() -> None:
    decision = judge(CHARGE, DECLINED, SEEN)

    assert decision.failure == Failure("card_declined", "Your card was declined.")
    assert decision.event is Event.DECLINED
    assert decision.is_final


def test_a_late_decline_does_not_explain_a_charge_that_was_paid() -> None:
    decision = judge(replace(CHARGE, status=Status.SUCCEEDED), DECLINED, SEEN)

    assert decision.status is Status.SUCCEEDED
    assert decision.failure is None


def test_a_cancellation_at_the_provider_ends_the_charge_without_a_failure() -> None:
    decision = judge(CHARGE, CANCELED, SEEN)

    assert (decision.status, decision.failure) == (Status.CANCELED, None)
