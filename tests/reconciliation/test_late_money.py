"""Money that comes late, twice, or wrong: it completes what it can, and goes back else, once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.container import Container
from shared.db import unit_of_work
from shared.domain.charge import Provider, Status, StripeToken
from shared.domain.money import Money
from shared.repository import orders, overdue
from shared.settlement import Source, settle
from tests.reconciliation.elsewhere import TAKE, pay_elsewhere
from tests.reconciliation.refunding import announced, given_back, told, until_settled
from tests.reconciliation.test_ledgers import check_again, compared
from tests.reconciliation.workshop import PRICE, Workshop

each_provider = pytest.mark.parametrize("provider", Provider)
LESS, EUROS = Money(1500, "USD"), Money(1999, "EUR")


@pytest.fixture(autouse=True)
def whole_day(workshop: Workshop) -> None:
    """The day whose ledger is compared does not end meanwhile."""
    if workshop.clock().hour == 23:
        workshop.advance(hours=1)


def refused(workshop: Workshop, provider: Provider) -> int:
    """A charge that the provider declined."""
    if provider is Provider.STRIPE:
        charge = workshop.charge_by_stripe("tok_chargeDeclined")
        workshop.run()
    else:
        charge = workshop.charge_by_paypal()
        workshop.run()
        workshop.approve(charge, payer="declines")
        told(workshop)
    assert workshop.status(charge) == Status.FAILED
    return charge


def succeeded(workshop: Workshop, provider: Provider) -> int:
    """A charge whose money was captured."""
    if provider is Provider.STRIPE:
        charge = workshop.charge_by_stripe()
        workshop.run()
    else:
        charge = workshop.charge_by_paypal()
        workshop.run()
        workshop.approve(charge)
        told(workshop)
    assert workshop.status(charge) == Status.SUCCEEDED
    return charge


def pay(workshop: Workshop, charge: int, money: Money = PRICE) -> str:
    """Let money come in for the charge's order; what `fetch` reads of it."""
    row = workshop.row(charge)
    [[order]] = workshop.sql("SELECT identifier FROM orders WHERE id = :id", id=row.order_id)
    return TAKE[Provider(row.provider)](workshop, str(order), money)


def expire(workshop: Workshop, charge: int) -> None:
    """Let the order's time be over, and the sweep see it."""
    order, now = workshop.row(charge).order_id, workshop.clock()
    past = now - timedelta(seconds=1)
    workshop.sql(
        "UPDATE orders SET expires_at = :past WHERE id = :id RETURNING id", past=past, id=order
    )
    with unit_of_work(workshop.deps.engine) as connection:
        assert overdue.expire_orders(connection, now) == 1


def cancel(workshop: Workshop, charge: int) -> None:
    """Let the platform cancel the order."""
    order, now = workshop.row(charge).order_id, workshop.clock()
    with unit_of_work(workshop.deps.engine) as connection:
        assert orders.cancel_order(connection, order, now)


def order_status(workshop: Workshop) -> str:
    """Where the one order stands."""
    [[status]] = workshop.sql("SELECT status FROM orders")
    return str(status)


def strays(workshop: Workshop) -> list[tuple[Any, ...]]:
    """What is kept apart, with the refund of each."""
    return workshop.sql(
        "SELECT s.misfit, s.remedy, r.status FROM stray_captures s"
        " LEFT JOIN refunds r ON r.stray_capture_id = s.id ORDER BY s.id, r.id"
    )


def deciding(workshop: Workshop, **wishes: str) -> Container:
    """The same container under other wishes for late money."""
    return replace(workshop.deps, settings=workshop.deps.settings.model_copy(update=wishes))


def hear(workshop: Workshop, charge: int, reference: str, deps: Container | None = None) -> Status:
    """Let somebody read the capture, and settle what it shows."""
    provider, account = Provider(workshop.row(charge).provider), workshop.row(charge).account
    outcome = workshop.deps.provider(provider).fetch(reference, account)
    with unit_of_work(workshop.deps.engine) as connection:
        return settle(connection, deps or workshop.deps, charge, outcome, Source("somebody"))


@each_provider
def test_an_expired_order_that_is_paid_late_completes(
    workshop: Workshop, provider: Provider
) -> None:
    charge = refused(workshop, provider)
    expire(workshop, charge)

    pay(workshop, charge)
    told(workshop)

    assert (workshop.status(charge), order_status(workshop)) == ("succeeded", "completed")
    assert strays(workshop) == []
    assert given_back(workshop) == []
    assert announced(workshop, "order") == ["order.completed"]
    assert compared(workshop) == []


@each_provider
def test_a_cancelled_order_paid_late_is_refunded_once_though_all_meet_the_money_at_once(
    workshop: Workshop, provider: Provider
) -> None:
    charge = refused(workshop, provider)
    cancel(workshop, charge)
    reference = pay(workshop, charge)

    with ThreadPoolExecutor(8) as pool:
        heard = list(pool.map(lambda _: hear(workshop, charge, reference), range(8)))
    told(workshop)
    workshop.sql("UPDATE webhook_events SET handled_at = NULL, dispatch_at = now() RETURNING id")
    workshop.run()

    assert set(heard) == {Status.FAILED}
    assert strays(workshop) == [("order_cancelled", "refund", "succeeded")]
    assert given_back(workshop) == [1999]
    assert (workshop.status(charge), order_status(workshop)) == ("failed", "cancelled")
    assert announced(workshop, "stray") == ["stray_capture.found"]
    assert announced(workshop, "refund") == ["refund.succeeded"]
    assert compared(workshop) == []


@each_provider
def test_a_second_capture_goes_back_and_the_first_stays_the_payment(
    workshop: Workshop, provider: Provider
) -> None:
    charge = succeeded(workshop, provider)
    first = workshop.row(charge).capture_reference

    pay(workshop, charge)
    told(workshop)

    assert strays(workshop) == [("second_capture", "refund", "succeeded")]
    assert given_back(workshop) == [1999]
    row = workshop.row(charge)
    assert (row.status, row.capture_reference, row.amount_refunded_minor) == ("succeeded", first, 0)
    assert order_status(workshop) == "completed"
    assert compared(workshop) == []


@each_provider
def test_a_second_capture_that_only_the_ledger_shows_goes_back_too(
    workshop: Workshop, provider: Provider
) -> None:
    charge = succeeded(workshop, provider)
    pay(workshop, charge)

    found = compared(workshop)
    workshop.run()
    later = check_again(workshop)

    assert [difference[:3] for difference in found] == [("duplicate", "capture", charge)]
    assert strays(workshop) == [("second_capture", "refund", "succeeded")]
    assert workshop.status(charge) == "succeeded"
    assert later == []


@each_provider
@pytest.mark.parametrize(("money", "why"), [(LESS, "wrong_amount"), (EUROS, "wrong_currency")])
def test_money_of_another_amount_never_completes_and_goes_back_whole(
    workshop: Workshop, provider: Provider, money: Money, why: str
) -> None:
    charge = refused(workshop, provider)

    pay(workshop, charge, money)
    told(workshop)

    assert strays(workshop) == [(why, "refund", "succeeded")]
    assert given_back(workshop) == [money.amount_minor]
    assert (workshop.status(charge), order_status(workshop)) == ("failed", "pending")
    assert workshop.row(charge).amount_captured_minor == 0
    assert compared(workshop) == []


def test_money_that_a_person_is_to_decide_on_stays_and_is_shown(workshop: Workshop) -> None:
    charge = refused(workshop, Provider.STRIPE)
    cancel(workshop, charge)
    deps = deciding(workshop, late_money="review")

    heard = hear(workshop, charge, pay(workshop, charge), deps)
    until_settled(workshop)

    assert heard is Status.NEEDS_REVIEW
    assert strays(workshop) == [("order_cancelled", "review", None)]
    assert workshop.evidence(charge)["suggestion"]["action"] == "refund"
    assert given_back(workshop) == []
    assert announced(workshop, "stray") == ["stray_capture.found"]


def test_an_expired_order_takes_no_late_money_where_that_is_not_wished(workshop: Workshop) -> None:
    charge = refused(workshop, Provider.STRIPE)
    expire(workshop, charge)
    deps = deciding(workshop, expired_orders="refuse")

    hear(workshop, charge, pay(workshop, charge), deps)
    until_settled(workshop)

    assert strays(workshop) == [("order_expired", "refund", "succeeded")]
    assert order_status(workshop) == "expired"


def test_late_money_goes_back_while_another_charge_stands_and_never_pays_after_that(
    workshop: Workshop,
) -> None:
    first = refused(workshop, Provider.STRIPE)
    reference = pay(workshop, first)
    second = workshop.charge(workshop.again(first), StripeToken("tok_chargeDeclined"))

    hear(workshop, first, reference)
    workshop.run()
    heard = hear(workshop, first, reference)

    assert (heard, workshop.status(second)) == (Status.FAILED, "failed")
    assert strays(workshop) == [("another_charge", "refund", "succeeded")]
    assert order_status(workshop) == "pending"


@each_provider
def test_a_refund_whose_answer_is_lost_after_it_was_made_is_found(
    workshop: Workshop, provider: Provider
) -> None:
    charge = succeeded(workshop, provider)
    path = {"stripe": "^POST /v1/refunds$", "paypal": "^POST /v2/payments/captures/.*/refund$"}
    workshop.control.fault("503", path[provider], when="after", times=1)

    pay(workshop, charge)
    told(workshop)
    until_settled(workshop)

    assert strays(workshop) == [("second_capture", "refund", "succeeded")]
    assert given_back(workshop) == [1999]


def test_a_refund_that_fails_puts_the_charge_before_a_person(workshop: Workshop) -> None:
    charge = succeeded(workshop, Provider.STRIPE)
    named = str(workshop.row(charge).identifier)
    pay_elsewhere(workshop, card="pm_card_refundFail", charge=named)

    told(workshop, rounds=5)

    assert strays(workshop) == [("second_capture", "refund", "failed")]
    assert workshop.status(charge) == "needs_review"
    assert "failed" in workshop.row(charge).failure_message
    moves = "SELECT from_status, to_status FROM refund_transitions ORDER BY id"
    assert workshop.sql(moves) == [("pending", "succeeded"), ("succeeded", "failed")]


@each_provider
def test_what_is_not_provably_ours_is_never_given_back(
    workshop: Workshop, provider: Provider
) -> None:
    charge = refused(workshop, provider)
    reference = TAKE[provider](workshop, "11111111-1111-4111-8111-111111111111", PRICE)

    heard = hear(workshop, charge, reference)
    until_settled(workshop)

    assert heard is Status.NEEDS_REVIEW
    assert strays(workshop) == []
    assert given_back(workshop) == []
