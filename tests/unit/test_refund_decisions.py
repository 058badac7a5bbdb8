"""Refund decisions: each outcome on each status, with what must hold of every decision."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import cast, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import outcomes as o
from shared.domain.decisions import Circumstances, Failure
from shared.domain.refund import Origin, Refund, RefundFact, RefundStatus
from shared.domain.refund_decisions import (
    LATEST_LOOK,
    SOONEST_LOOK,
    RefundDecision,
    RefundOutcome,
    judge_refund,
    resolve_refund,
)
from shared.domain.refund_moves import ALLOWED_MOVES, RefundEvent, next_status
from shared.domain.retry_policy import PARKED_DELAY
from tests.unit.domain_samples import DELAY, LIMITS, MINUTE, NOON, SEEN
from tests.unit.refund_samples import (
    ABSENT,
    CANCELED,
    FAILED,
    INDETERMINATE,
    MISCONFIGURED,
    NOT_SENT,
    OUTCOMES,
    PENDING,
    REFUND,
    REFUSED,
    SUCCEEDED,
    TOO_MUCH,
    told,
)

CODES = {
    "pen": RefundStatus.PENDING,
    "SUC": RefundStatus.SUCCEEDED,
    "FAI": RefundStatus.FAILED,
    "CAN": RefundStatus.CANCELED,
    "REV": RefundStatus.NEEDS_REVIEW,
}
# A dot is a refund that stays where it is. Of one that the provider has taken:
TAKEN = """
      Pending Succeeded Failed Canceled TooMuch Refused NotSent Indet Absent Misconf
pen   .       SUC       FAI    CAN      REV     FAI     .       .     .      .
SUC   .       .         FAI    CAN      REV     .       .       .     .      .
FAI   .       .         .      .        REV     .       .       .     .      .
CAN   .       .         .      .        REV     .       .       .     .      .
REV   .       SUC       FAI    CAN      .       .       .       .     .      .
"""
# Of one that the provider is not known to have: a refusal, then a sign of life, contradict.
UNTAKEN = """
      Pending Succeeded Failed Canceled TooMuch Refused NotSent Indet Absent Misconf
pen   .       SUC       FAI    CAN      REV     FAI     .       .     .      .
SUC   .       .         FAI    CAN      REV     .       .       .     .      .
FAI   REV     REV       .      .        REV     .       .       .     .      .
CAN   REV     REV       .      .        REV     .       .       .     .      .
REV   .       SUC       FAI    CAN      .       .       .       .     .      .
"""


def pairs(grid: str, reference: str | None) -> list[tuple[Refund, RefundOutcome, RefundStatus]]:
    rows = [line.split() for line in grid.strip().splitlines()[1:]]
    return [
        (
            replace(REFUND, status=CODES[row[0]], provider_reference=reference),
            outcome,
            CODES[row[0] if cell == "." else cell],
        )
        for row in rows
        for outcome, cell in zip(OUTCOMES, row[1:], strict=True)
    ]


PAIRS = pairs(TAKEN, "re_1") + pairs(UNTAKEN, None)
AGES = st.sampled_from([MINUTE, LIMITS.indeterminate + MINUTE, LIMITS.waiting, 2 * LIMITS.waiting])
REFUNDS = st.builds(
    lambda status, age, reference, origin: replace(
        REFUND,
        status=status,
        created_at=NOON - age,
        provider_reference=reference,
        origin=origin,
    ),
    st.sampled_from(RefundStatus),
    AGES,
    st.sampled_from([None, "re_1", "re_2"]),
    st.sampled_from(Origin),
)
SAID: tuple[RefundOutcome, ...] = (
    *OUTCOMES,
    told(RefundStatus.SUCCEEDED, "re_9"),
    o.NotSent("429", retry_after=MINUTE),
    o.Indeterminate("500", replayable=False, retry_after=MINUTE),
)
CIRCUMSTANCES = st.builds(
    lambda tries, jitter: replace(SEEN, tries=tries, jitter=jitter),
    st.integers(0, 60),
    st.floats(0, 1, exclude_max=True),
)


def test_the_grids_name_every_outcome_and_every_status() -> None:
    assert {type(outcome) for outcome in OUTCOMES} == set(get_args(RefundOutcome))
    assert {refund.status for refund, _, _ in PAIRS} == set(RefundStatus)


@pytest.mark.parametrize(("refund", "outcome", "expected"), PAIRS)
def test_every_outcome_moves_every_status_where_the_grid_says(
    refund: Refund, outcome: RefundOutcome, expected: RefundStatus
) -> None:
    decision = judge_refund(refund, outcome, SEEN)

    assert decision.status is expected


def test_an_outcome_that_nobody_foresaw_is_a_bug_and_decides_nothing() -> None:
    unforeseen = cast("RefundOutcome", "perhaps")

    with pytest.raises(AssertionError):
        judge_refund(REFUND, unforeseen, SEEN)


@pytest.mark.parametrize(("status", "event"), list(product(RefundStatus, RefundEvent)))
def test_every_event_leads_somewhere_that_may_be_written(
    status: RefundStatus, event: RefundEvent
) -> None:
    arrived = next_status(status, event)

    assert arrived is status or (status, arrived) in ALLOWED_MOVES


@given(REFUNDS, st.sampled_from(SAID), CIRCUMSTANCES)
def test_a_decision_is_a_move_that_the_table_allows(
    refund: Refund, outcome: RefundOutcome, seen: Circumstances
) -> None:
    decision = judge_refund(refund, outcome, seen)

    assert decision.status is next_status(refund.status, decision.event)
    assert decision.reason


@given(REFUNDS, st.sampled_from(SAID), CIRCUMSTANCES)
def test_a_refund_is_due_again_exactly_while_it_is_pending(
    refund: Refund, outcome: RefundOutcome, seen: Circumstances
) -> None:
    decision = judge_refund(refund, outcome, seen)

    is_pending = decision.status is RefundStatus.PENDING
    assert (decision.retry_at is not None) == is_pending
    assert decision.retry_at is None or decision.retry_at >= seen.now


@given(REFUNDS, st.sampled_from(SAID), CIRCUMSTANCES)
def test_money_is_called_ours_again_only_where_the_provider_said_so(
    refund: Refund, outcome: RefundOutcome, seen: Circumstances
) -> None:
    decision = judge_refund(refund, outcome, seen)

    came_back = {RefundStatus.FAILED, RefundStatus.CANCELED} - {refund.status}
    said_so = outcome in (FAILED, CANCELED, REFUSED)
    assert decision.status not in came_back or said_so


@given(AGES, CIRCUMSTANCES)
def test_a_refund_that_was_refused_and_yet_lives_is_put_before_a_person(
    age: timedelta, seen: Circumstances
) -> None:
    refused = replace(REFUND, status=RefundStatus.FAILED, created_at=NOON - age)

    decision = judge_refund(refused, SUCCEEDED, seen)

    assert decision.status is RefundStatus.NEEDS_REVIEW


@given(AGES, st.sampled_from([NOT_SENT, INDETERMINATE]))
def test_a_refund_without_an_answer_is_put_before_a_person_when_it_is_too_old(
    age: timedelta, outcome: RefundOutcome
) -> None:
    decision = judge_refund(replace(REFUND, created_at=NOON - age), outcome, SEEN)

    too_old = age > LIMITS.indeterminate
    assert (decision.status is RefundStatus.NEEDS_REVIEW) == too_old


@given(AGES, st.sampled_from([PENDING, NOT_SENT, INDETERMINATE]))
def test_a_refund_that_the_provider_has_may_take_as_long_as_a_charge_that_settles_later(
    age: timedelta, outcome: RefundOutcome
) -> None:
    refund = replace(REFUND, created_at=NOON - age, provider_reference="re_1")

    decision = judge_refund(refund, outcome, SEEN)

    assert (decision.status is RefundStatus.NEEDS_REVIEW) == (age > LIMITS.waiting)


@given(REFUNDS.filter(lambda refund: refund.status is RefundStatus.PENDING))
def test_a_refusal_of_our_credentials_parks_a_refund_however_long_it_lasts(refund: Refund) -> None:
    decision = judge_refund(refund, MISCONFIGURED, SEEN)

    assert (decision.status, decision.retry_at) == (RefundStatus.PENDING, NOON + PARKED_DELAY)


@pytest.mark.parametrize("outcome", [NOT_SENT, INDETERMINATE])
def test_an_unanswered_call_is_tried_again_after_the_policy_s_delay(outcome: RefundOutcome) -> None:
    decision = judge_refund(REFUND, outcome, SEEN)

    assert decision.retry_at == NOON + DELAY


def test_a_lost_answer_is_looked_for_soon_however_often_the_call_was_put_off() -> None:
    fresh = replace(REFUND, maybe_executed=False, created_at=NOON - 2 * LIMITS.waiting)

    decision = judge_refund(fresh, INDETERMINATE, replace(SEEN, tries=30))

    assert decision.retry_at is not None
    assert decision.retry_at - NOON <= timedelta(seconds=4)


def test_doubt_is_as_old_as_the_call_and_not_as_the_wish() -> None:
    old = replace(REFUND, created_at=NOON - 2 * LIMITS.indeterminate)

    decision = judge_refund(old, INDETERMINATE, replace(SEEN, asked_at=NOON - MINUTE))

    assert decision.status is RefundStatus.PENDING


def test_a_refund_that_was_never_made_may_go_out_at_once() -> None:
    decision = judge_refund(REFUND, ABSENT, SEEN)

    assert (decision.status, decision.retry_at) == (RefundStatus.PENDING, NOON)


@pytest.mark.parametrize(
    ("age", "delay"),
    [
        (timedelta(0), SOONEST_LOOK),
        (timedelta(minutes=10), timedelta(minutes=1)),
        (timedelta(days=1), LATEST_LOOK),
    ],
)
def test_a_pending_refund_is_looked_up_the_more_rarely_the_older_it_is(
    age: timedelta, delay: timedelta
) -> None:
    decision = judge_refund(replace(REFUND, created_at=NOON - age), PENDING, SEEN)

    assert decision.retry_at == NOON + delay


def test_a_refusal_carries_what_the_organizer_may_read() -> None:
    decision = judge_refund(REFUND, REFUSED, SEEN)

    assert decision.failure == Failure("charge_disputed", "Stripe refused the refund.")


@pytest.mark.parametrize(
    "fact",
    [
        TOO_MUCH,
        replace(SUCCEEDED, refund_reference="re_2"),
        replace(SUCCEEDED, capture_reference="ch_2"),
    ],
)
def test_a_refund_that_is_not_the_one_we_asked_for_is_put_before_a_person(fact: RefundFact) -> None:
    known = replace(REFUND, provider_reference="re_1")

    decision = judge_refund(known, fact, SEEN)

    assert decision.event is RefundEvent.CONTRADICTED
    assert decision.status is RefundStatus.NEEDS_REVIEW


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("known", [None, "re_1"])
def test_only_an_end_that_is_proven_ends_what_waits_for_a_person(
    known: str | None, outcome: RefundOutcome
) -> None:
    waiting = replace(REFUND, status=RefundStatus.NEEDS_REVIEW, provider_reference=known)
    proven = {
        SUCCEEDED: RefundStatus.SUCCEEDED,
        FAILED: RefundStatus.FAILED,
        CANCELED: RefundStatus.CANCELED,
        ABSENT: RefundStatus.FAILED,
    }

    decision = resolve_refund(waiting, outcome)

    if outcome in proven:
        assert isinstance(decision, RefundDecision)
        assert decision.status is proven[outcome]
    else:
        assert isinstance(decision, str)


def test_a_refund_that_does_not_name_ours_is_not_ours() -> None:
    waiting = replace(REFUND, status=RefundStatus.NEEDS_REVIEW)

    told = resolve_refund(waiting, replace(SUCCEEDED, our_references=frozenset()))

    assert told == "re_1 does not name this refund"
