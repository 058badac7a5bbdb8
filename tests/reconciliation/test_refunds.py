"""A refund goes out once, whatever dies, and what is told of it finds its one row."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.db import unit_of_work
from shared.domain.charge import Operation
from shared.domain.retry_policy import KEY_LIVES, KEY_MARGIN
from shared.repository.refund_claims import claim_refund
from tests.reconciliation.refunding import (
    WAYS,
    Died,
    announced,
    ask,
    die,
    given_back,
    interrupted,
    later,
    paid,
    refund,
    refund_at_the_provider,
    statuses,
    told,
    until_settled,
)
from tests.reconciliation.workshop import Workshop
from worker import refunding

OPERATIONS = {
    "stripe": Operation.STRIPE_REFUND,
    "paypal": Operation.PAYPAL_CAPTURE_REFUND,
    "paypal v1": Operation.PAYPAL_SALE_REFUND,
}
each_way = pytest.mark.parametrize("way", sorted(WAYS))


@each_way
def test_a_refund_goes_to_the_provider_and_back(workshop: Workshop, way: str) -> None:
    charge = paid(workshop, way)

    made = ask(workshop, charge)
    workshop.run()

    assert refund(workshop, made).status == "succeeded"
    assert given_back(workshop) == [500]
    assert workshop.row(charge).amount_refunded_minor == 500
    assert workshop.status(charge) == "succeeded"
    assert announced(workshop, "refund") == ["refund.succeeded"]


@each_way
def test_a_refund_we_made_and_the_event_about_it_are_one_row(workshop: Workshop, way: str) -> None:
    charge = paid(workshop, way)
    ask(workshop, charge)
    workshop.run()

    told(workshop)

    assert statuses(workshop, charge) == ["succeeded"]
    assert workshop.row(charge).amount_refunded_minor == 500
    assert announced(workshop, "refund") == ["refund.succeeded"]


@each_way
def test_an_event_before_the_answer_settles_the_one_row(workshop: Workshop, way: str) -> None:
    charge = paid(workshop, way)
    made = ask(workshop, charge)
    workshop.control.fault("reset_after", WAYS[way].op)
    refunding.execute(workshop.deps, made)
    workshop.sql("UPDATE refunds SET next_attempt_at = :later RETURNING id", later=later(workshop))

    told(workshop)

    assert statuses(workshop, charge) == ["succeeded"]
    assert refund(workshop, made).provider_reference
    assert given_back(workshop) == [500]


@each_way
def test_two_equal_partial_refunds_are_two_refunds(workshop: Workshop, way: str) -> None:
    charge = paid(workshop, way)

    ask(workshop, charge)
    ask(workshop, charge)
    workshop.run()
    told(workshop)

    assert given_back(workshop) == [500, 500]
    assert statuses(workshop, charge) == ["succeeded", "succeeded"]
    assert workshop.row(charge).amount_refunded_minor == 1000


@each_way
def test_a_refund_redelivered_to_many_workers_is_one_refund(workshop: Workshop, way: str) -> None:
    charge = paid(workshop, way)
    made = ask(workshop, charge)

    for _ in range(4):
        refunding.execute(workshop.deps, made)

    assert given_back(workshop) == [500]
    assert workshop.posts(WAYS[way].path) == 1


@each_way
@pytest.mark.parametrize("fault", ["reset_after", "truncate_after", "500_before", "503", "429"])
def test_no_answer_is_no_failure_and_no_second_refund(
    workshop: Workshop, way: str, fault: str
) -> None:
    charge = paid(workshop, way)
    made = ask(workshop, charge)
    workshop.control.fault(fault, WAYS[way].op)

    refunding.execute(workshop.deps, made)
    doubtful = refund(workshop, made).status
    until_settled(workshop)

    assert doubtful == "pending"
    assert refund(workshop, made).status == "succeeded"
    assert given_back(workshop) == [500]


@each_way
def test_a_worker_that_died_with_the_answer_leaves_one_refund(workshop: Workshop, way: str) -> None:
    charge = paid(workshop, way)
    made = ask(workshop, charge)

    with pytest.raises(Died):
        refunding.execute(interrupted(workshop, charge, die), made)
    until_settled(workshop)

    assert refund(workshop, made).status == "succeeded"
    assert refund(workshop, made).maybe_executed
    assert given_back(workshop) == [500]


@each_way
def test_a_worker_that_slept_past_its_claim_does_not_let_go_of_its_successors(
    workshop: Workshop, way: str
) -> None:
    charge = paid(workshop, way)
    made = ask(workshop, charge)
    workshop.control.fault("reset_after", WAYS[way].op)
    taken: list[Any] = []

    def sleep() -> None:
        workshop.advance(minutes=1)
        now = workshop.clock()
        with unit_of_work(workshop.deps.engine) as connection:
            claim_refund(connection, made, now=now, until=now + timedelta(minutes=1))
        taken.append(refund(workshop, made))

    refunding.execute(interrupted(workshop, charge, sleep), made)

    assert [refund(workshop, made)] == taken
    assert taken[0].claimed_until > workshop.clock()
    assert given_back(workshop) == [500]


@each_way
@pytest.mark.parametrize("committed", [True, False])
def test_no_refund_leaves_with_an_expired_key(
    workshop: Workshop, way: str, *, committed: bool
) -> None:
    charge = paid(workshop, way)
    made = ask(workshop, charge)
    workshop.control.fault("reset_after" if committed else "reset_before", WAYS[way].op)
    refunding.execute(workshop.deps, made)
    first = refund(workshop, made)
    workshop.deps = _patient(workshop)

    workshop.advance(seconds=KEY_LIVES[OPERATIONS[way]].total_seconds())
    until_settled(workshop)

    settled = refund(workshop, made)
    assert settled.status == "succeeded"
    assert given_back(workshop) == [500]
    assert settled.request == first.request
    assert settled.key_number == (1 if committed else 2)


@each_way
def test_an_absence_in_the_keys_last_minutes_is_not_believed(workshop: Workshop, way: str) -> None:
    charge = paid(workshop, way)
    made = ask(workshop, charge)
    workshop.control.fault("reset_before", WAYS[way].op)
    refunding.execute(workshop.deps, made)
    workshop.deps = _patient(workshop)

    workshop.advance(seconds=(KEY_LIVES[OPERATIONS[way]] - KEY_MARGIN).total_seconds())
    workshop.run()
    doubted = refund(workshop, made)
    workshop.advance(seconds=KEY_MARGIN.total_seconds())
    until_settled(workshop)

    assert (doubted.status, doubted.key_number) == ("pending", 1)
    assert refund(workshop, made).status == "succeeded"
    assert given_back(workshop) == [500]


def test_a_stored_500_is_looked_up_and_only_then_asked_anew(workshop: Workshop) -> None:
    charge = paid(workshop, "stripe")
    made = ask(workshop, charge)
    workshop.control.fault("500_stored", WAYS["stripe"].op, committed=False)

    refunding.execute(workshop.deps, made)
    workshop.advance(minutes=3)
    until_settled(workshop)

    assert refund(workshop, made).status == "succeeded"
    assert refund(workshop, made).key_number == 2
    assert given_back(workshop) == [500]


def test_a_refund_that_nothing_settles_is_put_before_a_person_and_keeps_its_money(
    workshop: Workshop,
) -> None:
    charge = paid(workshop, "stripe")
    made = ask(workshop, charge, 1500)
    workshop.control.fault("reset_before", "^(POST|GET) /v1/refunds$", times=None)

    refunding.execute(workshop.deps, made)
    workshop.advance(days=3)
    workshop.run()

    assert refund(workshop, made).status == "needs_review"
    assert announced(workshop, "refund") == ["refund.needs_review"]
    with pytest.raises(AssertionError, match="499 is left"):
        ask(workshop, charge, 500)


def test_a_stored_500_that_was_a_refund_is_found(workshop: Workshop) -> None:
    charge = paid(workshop, "stripe")
    made = ask(workshop, charge)
    workshop.control.fault("500_stored", WAYS["stripe"].op, committed=True)

    refunding.execute(workshop.deps, made)
    until_settled(workshop)

    assert refund(workshop, made).status == "succeeded"
    assert given_back(workshop) == [500]
    assert workshop.posts("/v1/refunds") == 1


@each_way
def test_refused_credentials_park_a_refund_and_fail_nothing(workshop: Workshop, way: str) -> None:
    charge = paid(workshop, way)
    made = ask(workshop, charge)
    workshop.control.fault("403", WAYS[way].op, times=1)

    refunding.execute(workshop.deps, made)
    parked = refund(workshop, made)
    workshop.advance(minutes=2)
    workshop.run()

    assert (parked.status, parked.failure_code) == ("pending", None)
    assert refund(workshop, made).status == "succeeded"
    assert given_back(workshop) == [500]


@each_way
def test_a_refusal_is_told_and_leaves_the_money_to_another_refund(
    workshop: Workshop, way: str
) -> None:
    charge = paid(workshop, way)
    made = ask(workshop, charge, None)
    refund_at_the_provider(workshop, charge, 1999)
    workshop.run()

    assert refund(workshop, made).status == "failed"
    assert refund(workshop, made).failure_code
    assert announced(workshop, "refund") == ["refund.failed"]
    assert given_back(workshop) == [1999]
    told(workshop)
    assert statuses(workshop, charge) == ["failed", "succeeded"]


def _patient(workshop: Workshop) -> Any:
    years = {"indeterminate_patience": 10.0**8}
    return replace(workshop.deps, settings=workshop.deps.settings.model_copy(update=years))
