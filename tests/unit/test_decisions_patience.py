"""Patience: how long a charge may be unsent, in doubt or waiting."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain import outcomes as o
from shared.domain.charge import Charge, Status
from shared.domain.decisions import Failure, judge, weigh_absence
from shared.domain.retry_policy import AttemptRecord
from shared.domain.state_machine import Event
from tests.unit.domain_samples import (
    ABSENT,
    CHARGE,
    DELAY,
    INDETERMINATE,
    LIMITS,
    MINUTE,
    MISCONFIGURED,
    NOON,
    NOT_SENT,
    REQUIRES_ACTION,
    SEEN,
    SUBMITTED,
)

INSTANT = timedelta(microseconds=1)
AGES_AGO = timedelta(days=365)
WAITS = [(Status.REQUIRES_ACTION, REQUIRES_ACTION), (Status.PROCESSING, SUBMITTED)]


def test_a_charge_that_provably_never_went_out_is_given_up_after_its_limit() -> None:
    decision = judge(aged(LIMITS.unsent + INSTANT, Status.SUBMITTING), NOT_SENT, SEEN)

    assert (decision.event, decision.status) == (Event.CANCELED, Status.CANCELED)
    assert decision.failure == Failure(
        "provider_unavailable", "The payment provider could not be reached."
    )
    assert decision.retry_at is None


def test_until_that_limit_it_goes_out_again() -> None:
    decision = judge(aged(LIMITS.unsent, Status.SUBMITTING), NOT_SENT, SEEN)

    assert (decision.status, decision.retry_at) == (Status.ACCEPTED, NOON + DELAY)


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.SUBMITTING}))
def test_a_read_that_was_not_sent_cancels_nothing_however_old(status: Status) -> None:
    decision = judge(aged(AGES_AGO, status), NOT_SENT, SEEN)

    assert decision.status is not Status.CANCELED or status is Status.CANCELED


@pytest.mark.parametrize("outcome", [INDETERMINATE, NOT_SENT])
def test_a_doubt_past_its_limit_is_put_before_a_person(outcome: o.Outcome) -> None:
    charge = aged(LIMITS.indeterminate + INSTANT, Status.INDETERMINATE)

    decision = judge(charge, outcome, SEEN)

    assert (decision.event, decision.status) == (Event.UNRESOLVED, Status.NEEDS_REVIEW)
    assert decision.failure == Failure("unresolved", decision.reason)
    assert decision.retry_at is None


@pytest.mark.parametrize("outcome", [INDETERMINATE, NOT_SENT])
def test_until_that_limit_it_is_looked_into_again(outcome: o.Outcome) -> None:
    decision = judge(aged(LIMITS.indeterminate, Status.INDETERMINATE), outcome, SEEN)

    assert (decision.status, decision.retry_at) == (Status.INDETERMINATE, NOON + DELAY)


def test_an_old_charge_whose_first_answer_is_lost_is_looked_up_before_a_person_is_asked() -> None:
    decision = judge(aged(AGES_AGO, Status.SUBMITTING), INDETERMINATE, SEEN)

    assert (decision.event, decision.status) == (Event.OUTCOME_LOST, Status.INDETERMINATE)
    assert decision.retry_at


def test_a_doubt_is_as_old_as_the_attempt_it_is_about() -> None:
    charge = aged(AGES_AGO, Status.INDETERMINATE)

    fresh = judge(charge, INDETERMINATE, replace(SEEN, asked_at=NOON - LIMITS.indeterminate))
    old = judge(
        charge, INDETERMINATE, replace(SEEN, asked_at=NOON - LIMITS.indeterminate - INSTANT)
    )

    assert (fresh.status, old.status) == (Status.INDETERMINATE, Status.NEEDS_REVIEW)


@pytest.mark.parametrize("status", [Status.REQUIRES_ACTION, Status.PROCESSING])
def test_a_lost_read_of_a_charge_that_settles_over_days_troubles_nobody(status: Status) -> None:
    decision = judge(aged(AGES_AGO, status), INDETERMINATE, SEEN)

    assert (decision.status, decision.failure) == (status, None)


@pytest.mark.parametrize(("status", "outcome"), WAITS)
def test_a_wait_past_its_limit_is_put_before_a_person(status: Status, outcome: o.Outcome) -> None:
    decision = judge(aged(LIMITS.waiting + INSTANT, status), outcome, SEEN)

    assert (decision.event, decision.status) == (Event.UNRESOLVED, Status.NEEDS_REVIEW)
    assert decision.failure == Failure("unresolved", decision.reason)


@pytest.mark.parametrize(("status", "outcome"), WAITS)
def test_until_that_limit_it_waits(status: Status, outcome: o.Outcome) -> None:
    decision = judge(aged(LIMITS.waiting, status), outcome, SEEN)

    assert decision.status is status


def test_our_own_misconfiguration_never_runs_out_of_patience() -> None:
    decision = judge(aged(AGES_AGO, Status.SUBMITTING), MISCONFIGURED, SEEN)

    assert (decision.status, decision.retry_at) == (Status.ACCEPTED, NOON + MINUTE)


def aged(age: timedelta, status: Status) -> Charge:
    return replace(CHARGE, status=status, created_at=NOON - age)


@pytest.mark.parametrize(
    ("replayable", "until_expiry", "believed"),
    [(True, MINUTE, False), (True, -INSTANT, True), (False, MINUTE, True)],
    ids=["an answer was lost", "the key is over", "the answer is stored"],
)
def test_an_absence_is_believed_once_no_request_can_be_at_work(
    *, replayable: bool, until_expiry: timedelta, believed: bool
) -> None:
    attempt = AttemptRecord(NOON + until_expiry, maybe_executed=True, replayable=replayable)

    found = weigh_absence(ABSENT, attempt, NOON)

    assert (found is ABSENT) is believed
    assert believed or found == o.Indeterminate(
        "a request may still be at work", retry_after=MINUTE
    )
    assert weigh_absence(SUBMITTED, attempt, NOON) is SUBMITTED
