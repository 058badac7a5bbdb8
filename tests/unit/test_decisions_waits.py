"""Decisions: when a charge is due again, and how long its payer has."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain import outcomes as o
from shared.domain.charge import Status
from shared.domain.decisions import judge
from shared.domain.state_machine import Event
from tests.unit.domain_samples import (
    ABSENT,
    CHARGE,
    DELAY,
    INDETERMINATE,
    LIMITS,
    MINUTE,
    NOON,
    NOT_SENT,
    PAYER_ACTED,
    REQUIRES_ACTION,
    SEEN,
    SUBMITTED,
)

WITHOUT_DEADLINE = sorted(
    set(Status)
    - {Status.REQUIRES_ACTION, Status.PROCESSING}
    - {Status.SUBMITTING, Status.INDETERMINATE}
)


def test_an_unsent_call_is_tried_again_after_the_policy_s_delay() -> None:
    decision = judge(CHARGE, NOT_SENT, SEEN)

    assert decision.retry_at == NOON + DELAY


def test_a_lost_answer_is_looked_for_soon_however_often_the_call_was_put_off() -> None:
    decision = judge(CHARGE, INDETERMINATE, replace(SEEN, tries=60, jitter=0.999))

    assert decision.status is Status.INDETERMINATE
    assert decision.retry_at
    assert decision.retry_at - NOON < timedelta(seconds=10)


@pytest.mark.parametrize(
    "outcome",
    [
        o.NotSent("429", retry_after=5 * MINUTE),
        o.Indeterminate("503", retry_after=5 * MINUTE),
    ],
)
def test_a_retry_waits_as_long_as_the_provider_asks(outcome: o.Outcome) -> None:
    decision = judge(CHARGE, outcome, SEEN)

    assert decision.retry_at == NOON + 5 * MINUTE


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(Status.INDETERMINATE, ABSENT), (Status.REQUIRES_ACTION, PAYER_ACTED)],
)
def test_a_charge_that_may_go_on_is_due_at_once(status: Status, outcome: o.Outcome) -> None:
    decision = judge(replace(CHARGE, status=status), outcome, SEEN)

    assert (decision.status, decision.retry_at) == (Status.ACCEPTED, NOON)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(Status.SUBMITTING, ABSENT), (Status.SUBMITTING, PAYER_ACTED), (Status.PROCESSING, ABSENT)],
)
def test_what_says_nothing_new_brings_nothing_forward(status: Status, outcome: o.Outcome) -> None:
    decision = judge(replace(CHARGE, status=status), outcome, SEEN)

    assert (decision.status, decision.retry_at) == (status, None)


def test_the_payer_has_until_the_deadline_that_the_provider_names() -> None:
    action = o.NextAction("redirect", expires_at=NOON + 7 * MINUTE)

    decision = judge(CHARGE, o.RequiresAction("pi_1", action), SEEN)

    assert decision.deadline_at == NOON + 7 * MINUTE


@pytest.mark.parametrize("age", [MINUTE, 2 * LIMITS.waiting])
@pytest.mark.parametrize("status", WITHOUT_DEADLINE)
def test_a_charge_that_need_not_wait_gets_no_deadline(status: Status, age: timedelta) -> None:
    charge = replace(CHARGE, status=status, created_at=NOON - age)
    action = o.NextAction("redirect", expires_at=NOON + MINUTE)

    decision = judge(charge, o.RequiresAction("pi_1", action), SEEN)

    assert (decision.event, decision.status) == (Event.ACTION_REQUIRED, status)
    assert decision.deadline_at is None


@pytest.mark.parametrize("outcome", [REQUIRES_ACTION, SUBMITTED])
def test_a_wait_without_a_named_deadline_gets_ours(outcome: o.Outcome) -> None:
    decision = judge(CHARGE, outcome, SEEN)

    assert decision.deadline_at == NOON + LIMITS.action


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(Status.REQUIRES_ACTION, REQUIRES_ACTION), (Status.PROCESSING, SUBMITTED)],
)
def test_hearing_of_a_wait_again_does_not_prolong_it(status: Status, outcome: o.Outcome) -> None:
    decision = judge(replace(CHARGE, status=status), outcome, SEEN)

    assert (decision.status, decision.deadline_at) == (status, None)
