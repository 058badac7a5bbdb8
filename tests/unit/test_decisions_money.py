"""Money against the charge: what is compared, what is late, what is double."""

from dataclasses import replace
from itertools import product

import pytest

from shared.domain import outcomes as o
from shared.domain.charge import SETTLED, Charge, OrderStatus, Status
from shared.domain.decisions import Failure, judge
from shared.domain.late_money import LateMoney, Misfit, Remedy, Terms, Verdict, weigh
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
PAID = replace(
    CHARGE,
    status=Status.SUCCEEDED,
    order_status=OrderStatus.COMPLETED,
    capture_reference="ch_0",
    is_captured=True,
)
LESS, MORE, EUROS = (Money(1998, "USD"), Money(2000, "USD"), Money(1999, "EUR"))
NOT_OURS = [
    (replace(APPROVED, our_references=frozenset()), "does not name this charge"),
    (replace(APPROVED, our_references=frozenset({"another"})), "does not name this charge"),
    (replace(APPROVED, livemode=True), "livemode is True"),
    (replace(APPROVED, account=None), "captured on account None"),
    (replace(APPROVED, account="acct_2"), "captured on account acct_2"),
]
TERMS = Terms(livemode=False, wishes=LateMoney(), is_contested=False)
EVERYWHERE = list(product(Status, OrderStatus))
CONTESTED = replace(TERMS, is_contested=True)

# What becomes of money that is right in itself: by where its order stands, then its charge.
# pay: it pays; else it goes back, with why: over (the order), paid (by another charge), canc (the
# charge was cancelled), other (another charge stands); REV: a person has the charge.
GRID = """
           pending completed cancelled expired contested
accepted   pay     paid      over      pay     pay
submitting pay     paid      over      pay     pay
indetermin pay     paid      over      pay     pay
requires_a pay     paid      over      pay     pay
processing pay     paid      over      pay     pay
failed     pay     paid      over      pay     other
canceled   canc    paid      over      canc    canc
needs_revi REV     REV       REV       REV     REV
"""
CELLS = {
    "pay": Verdict(Remedy.COMPLETE),
    "paid": Verdict(Remedy.REFUND, Misfit.ORDER_PAID),
    "over": Verdict(Remedy.REFUND, Misfit.ORDER_CANCELLED),
    "canc": Verdict(Remedy.REFUND, Misfit.CHARGE_CANCELED),
    "other": Verdict(Remedy.REFUND, Misfit.ANOTHER_CHARGE),
    "REV": Verdict(Remedy.REVIEW, Misfit.UNDER_REVIEW),
}
ROWS = [line.split() for line in GRID.strip().splitlines()]
RIGHT_MONEY = [
    (status, order, CELLS[cell])
    for name, *cells in ROWS[1:]
    for order, cell in zip(ROWS[0], cells, strict=True)
    for status in Status
    if status.startswith(name)
]


def decided(charge: Charge, fact: o.Approved, terms: Terms = TERMS) -> Verdict:
    """The verdict without its words."""
    return replace(weigh(charge, fact, terms), complaint="")


def test_the_grid_names_every_status_but_that_of_a_paid_charge() -> None:
    assert {status for status, _, _ in RIGHT_MONEY} == set(Status) - {Status.SUCCEEDED}
    assert {order for _, order, _ in RIGHT_MONEY} == {*OrderStatus, "contested"}


@pytest.mark.parametrize(("status", "order", "verdict"), RIGHT_MONEY)
def test_right_money_pays_while_it_can_and_goes_back_else(
    status: Status, order: str, verdict: Verdict
) -> None:
    stands = OrderStatus.PENDING if order == "contested" else OrderStatus(order)
    charge = replace(CHARGE, status=status, order_status=stands)

    assert decided(charge, APPROVED, CONTESTED if order == "contested" else TERMS) == verdict


@pytest.mark.parametrize(("status", "order"), EVERYWHERE)
@pytest.mark.parametrize(
    ("money", "misfit"),
    [(LESS, Misfit.WRONG_AMOUNT), (MORE, Misfit.WRONG_AMOUNT), (EUROS, Misfit.WRONG_CURRENCY)],
)
def test_wrong_money_never_pays_wherever_charge_and_order_stand(
    status: Status, order: OrderStatus, money: Money, misfit: Misfit
) -> None:
    charge = replace(CHARGE, status=status, order_status=order)
    expected = Verdict(Remedy.REFUND, misfit)
    if status is Status.NEEDS_REVIEW:
        expected = Verdict(Remedy.REVIEW, Misfit.UNDER_REVIEW)

    assert decided(charge, replace(APPROVED, money=money)) == expected


@pytest.mark.parametrize(("status", "order"), EVERYWHERE)
@pytest.mark.parametrize("money", [CHARGE.money, LESS, EUROS])
def test_a_second_capture_goes_back_whatever_it_is(
    status: Status, order: OrderStatus, money: Money
) -> None:
    charge = replace(PAID, status=status, order_status=order)

    verdict = decided(charge, replace(APPROVED, money=money))

    assert verdict == Verdict(Remedy.REFUND, Misfit.SECOND_CAPTURE)


@pytest.mark.parametrize(("status", "order"), EVERYWHERE)
@pytest.mark.parametrize(("fact", "complaint"), NOT_OURS)
@pytest.mark.parametrize("money", [CHARGE.money, LESS])
def test_what_is_not_provably_ours_never_goes_back_and_never_pays(
    status: Status, order: OrderStatus, fact: o.Approved, complaint: str, money: Money
) -> None:
    charge = replace(CHARGE, status=status, order_status=order)

    verdict = weigh(charge, replace(fact, money=money), TERMS)

    assert verdict.remedy is Remedy.REVIEW
    assert complaint in verdict.complaint
    assert not verdict.is_stray


@pytest.mark.parametrize(("status", "order"), EVERYWHERE)
@pytest.mark.parametrize("money", [CHARGE.money, LESS, EUROS])
@pytest.mark.parametrize("held", [None, "ch_0", "ch_1"])
@pytest.mark.parametrize("terms", [TERMS, CONTESTED])
def test_where_a_person_decides_nothing_goes_back_and_nothing_else_pays(
    status: Status, order: OrderStatus, money: Money, held: str | None, terms: Terms
) -> None:
    fact = replace(APPROVED, money=money)
    charge = replace(
        CHARGE,
        status=status,
        order_status=order,
        capture_reference=held,
        is_captured=held is not None,
    )
    by_person = replace(terms, wishes=LateMoney(refunds=False))

    alone, asked = weigh(charge, fact, terms), weigh(charge, fact, by_person)

    assert asked.misfit is alone.misfit
    assert (asked.remedy is Remedy.COMPLETE) == (alone.remedy is Remedy.COMPLETE)
    assert asked.remedy is not Remedy.REFUND


def test_an_expired_order_takes_no_money_where_the_platform_will_not_have_it() -> None:
    terms = replace(TERMS, wishes=LateMoney(completes_expired=False))
    charge = replace(CHARGE, status=Status.FAILED, order_status=OrderStatus.EXPIRED)

    assert decided(charge, APPROVED, terms) == Verdict(Remedy.REFUND, Misfit.ORDER_EXPIRED)


def test_a_capture_that_never_came_to_anything_is_no_first_one() -> None:
    charge = replace(CHARGE, status=Status.PROCESSING, capture_reference="ch_0")

    assert weigh(charge, APPROVED, TERMS).remedy is Remedy.COMPLETE


def test_the_order_s_name_on_the_object_is_as_good_as_the_charge_s() -> None:
    fact = replace(APPROVED, our_references=frozenset({str(ORDER_IDENTIFIER), "unrelated"}))

    assert weigh(CHARGE, fact, TERMS).remedy is Remedy.COMPLETE


def test_money_on_the_platform_s_own_account_pays_a_charge_for_no_connected_one() -> None:
    charge, fact = replace(CHARGE, account=None), replace(APPROVED, account=None)

    assert weigh(charge, fact, TERMS).remedy is Remedy.COMPLETE


@pytest.mark.parametrize("status", LIVE)
def test_money_that_agrees_pays_a_charge_that_waits_for_it(status: Status) -> None:
    decision = judge(replace(CHARGE, status=status), APPROVED, SEEN)

    assert (decision.event, decision.status) == (Event.APPROVED, Status.SUCCEEDED)
    assert decision.reason == "captured 19.99 USD"
    assert (decision.failure, decision.verdict) == (None, None)


@pytest.mark.parametrize("status", LIVE)
def test_wrong_money_ends_a_charge_that_waited_for_it(status: Status) -> None:
    decision = judge(replace(CHARGE, status=status), replace(APPROVED, money=LESS), SEEN)

    assert (decision.event, decision.status) == (Event.RETURNED, Status.FAILED)
    assert decision.reason == "captured 19.98 USD instead of 19.99 USD"
    assert decision.failure is not None
    assert decision.failure.code == "money_returned"


@pytest.mark.parametrize("status", [*LIVE, Status.SUCCEEDED, Status.FAILED, Status.CANCELED])
def test_what_is_left_to_a_person_puts_the_charge_before_one(status: Status) -> None:
    decision = judge(replace(CHARGE, status=status), replace(APPROVED, livemode=True), SEEN)

    assert (decision.event, decision.status) == (Event.CONTRADICTED, Status.NEEDS_REVIEW)
    assert decision.failure == Failure("contradiction", decision.reason)


@pytest.mark.parametrize("charge", [PAID, replace(CHARGE, status=Status.CANCELED)])
def test_money_that_goes_back_leaves_a_charge_that_has_ended_as_it_is(charge: Charge) -> None:
    decision = judge(charge, APPROVED, SEEN)

    assert decision.status is charge.status
    assert decision.failure is None
    assert decision.verdict is not None
    assert decision.verdict.remedy is Remedy.REFUND


@pytest.mark.parametrize("status", Status)
def test_money_that_is_kept_apart_already_pays_nothing_more(status: Status) -> None:
    seen = replace(SEEN, is_kept_apart=True)

    decision = judge(replace(CHARGE, status=status), APPROVED, seen)

    is_over = status in SETTLED | {Status.NEEDS_REVIEW}
    assert decision.status is (status if is_over else Status.FAILED)
    assert decision.verdict is None


@pytest.mark.parametrize("order", OrderStatus)
@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.NEEDS_REVIEW])
def test_hearing_of_the_payment_again_is_absorbed_whatever_became_of_the_order(
    status: Status, order: OrderStatus
) -> None:
    paid = replace(PAID, status=status, order_status=order, capture_reference="ch_1")

    decision = judge(paid, APPROVED, SEEN)

    assert (decision.event, decision.status) == (Event.APPROVED, status)
    assert (decision.failure, decision.verdict) == (None, None)


def test_the_payment_shown_with_another_amount_is_put_before_a_person() -> None:
    paid = replace(PAID, capture_reference="ch_1")

    decision = judge(paid, replace(APPROVED, money=LESS), SEEN)

    assert decision.status is Status.NEEDS_REVIEW
    assert decision.verdict is not None
    assert decision.verdict.misfit is Misfit.RESTATED
    assert not decision.verdict.is_stray
