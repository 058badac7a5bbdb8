"""Money against the charge: what is compared, what is late, what is double."""

from dataclasses import replace

import pytest

from shared.domain import outcomes as o
from shared.domain.charge import OrderStatus, Status
from shared.domain.decisions import Failure, contradiction, judge
from shared.domain.money import Money
from shared.domain.state_machine import Event
from tests.unit.domain_samples import APPROVED, CHARGE, ORDER_IDENTIFIER, SEEN

LIVE = [
    Status.ACCEPTED,
    Status.SUBMITTING,
    Status.INDETERMINATE,
    Status.REQUIRES_ACTION,
    Status.PROCESSING,
]
WRONG = [
    (replace(APPROVED, money=Money(1998, "USD")), "captured 19.98 USD instead of 19.99 USD"),
    (replace(APPROVED, money=Money(2000, "USD")), "captured 20.00 USD instead of 19.99 USD"),
    (replace(APPROVED, money=Money(1999, "EUR")), "captured 19.99 EUR instead of 19.99 USD"),
    (replace(APPROVED, our_references=frozenset()), "does not name this charge"),
    (replace(APPROVED, our_references=frozenset({"another"})), "does not name this charge"),
    (replace(APPROVED, livemode=True), "livemode is True"),
    (replace(APPROVED, account=None), "captured on account None"),
    (replace(APPROVED, account="acct_2"), "captured on account acct_2"),
]


@pytest.mark.parametrize("status", LIVE)
def test_money_that_agrees_pays_a_charge_that_waits_for_it(status: Status) -> None:
    decision = judge(replace(CHARGE, status=status), APPROVED, SEEN)

    assert (decision.event, decision.status) == (Event.APPROVED, Status.SUCCEEDED)
    assert decision.reason == "captured 19.99 USD"
    assert decision.failure is None


@pytest.mark.parametrize(("fact", "complaint"), WRONG)
@pytest.mark.parametrize("status", [*LIVE, Status.SUCCEEDED])
def test_money_that_does_not_agree_is_put_before_a_person(
    status: Status, fact: o.Approved, complaint: str
) -> None:
    decision = judge(replace(CHARGE, status=status), fact, SEEN)

    assert (decision.event, decision.status) == (Event.CONTRADICTED, Status.NEEDS_REVIEW)
    assert decision.failure == Failure("contradiction", decision.reason)
    assert complaint in decision.reason


def test_the_order_s_name_on_the_object_is_as_good_as_the_charge_s() -> None:
    fact = replace(APPROVED, our_references=frozenset({str(ORDER_IDENTIFIER), "unrelated"}))

    assert contradiction(CHARGE, fact, livemode=False) is None


def test_money_on_the_platform_s_own_account_pays_a_charge_for_no_connected_one() -> None:
    charge, fact = replace(CHARGE, account=None), replace(APPROVED, account=None)

    assert contradiction(charge, fact, livemode=False) is None


def test_test_money_pays_nothing_in_earnest() -> None:
    decision = judge(CHARGE, APPROVED, replace(SEEN, livemode=True))

    assert (decision.status, decision.reason) == (Status.NEEDS_REVIEW, "livemode is False")


@pytest.mark.parametrize("status", [*LIVE, Status.SUCCEEDED])
def test_a_second_capture_is_put_before_a_person(status: Status) -> None:
    charge = replace(CHARGE, status=status, capture_reference="ch_0")

    decision = judge(charge, APPROVED, SEEN)

    assert (decision.status, decision.reason) == (Status.NEEDS_REVIEW, "a second capture ch_1")


@pytest.mark.parametrize("order", OrderStatus)
def test_hearing_of_the_same_capture_again_is_absorbed_whatever_became_of_the_order(
    order: OrderStatus,
) -> None:
    paid = replace(CHARGE, status=Status.SUCCEEDED, capture_reference="ch_1", order_status=order)

    decision = judge(paid, APPROVED, SEEN)

    assert (decision.event, decision.status) == (Event.APPROVED, Status.SUCCEEDED)
    assert decision.failure is None


@pytest.mark.parametrize("status", LIVE)
@pytest.mark.parametrize("order", sorted(set(OrderStatus) - {OrderStatus.PENDING}))
def test_money_for_an_order_that_takes_none_is_put_before_a_person(
    status: Status, order: OrderStatus
) -> None:
    decision = judge(replace(CHARGE, status=status, order_status=order), APPROVED, SEEN)

    assert (decision.status, decision.reason) == (Status.NEEDS_REVIEW, f"the order is {order}")


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELED])
def test_money_that_comes_after_the_end_is_put_before_a_person(status: Status) -> None:
    decision = judge(replace(CHARGE, status=status), APPROVED, SEEN)

    assert (decision.event, decision.status) == (Event.CONTRADICTED, Status.NEEDS_REVIEW)
    assert decision.reason == f"money arrived for a charge that is {status}"


def test_money_for_a_charge_before_a_person_keeps_the_failure_that_brought_it_there() -> None:
    decision = judge(replace(CHARGE, status=Status.NEEDS_REVIEW), APPROVED, SEEN)

    assert decision.status is Status.NEEDS_REVIEW
    assert decision.failure is None
    assert "money arrived" in decision.reason
