"""How long a charge is asked for, and how long its payer is waited for."""

from datetime import timedelta

import pytest

from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.repository import overdue
from tests.reconciliation.refunding import told, until_settled
from tests.reconciliation.workshop import Workshop
from worker import reconciliation

HOUR = timedelta(hours=1)


def swept(workshop: Workshop) -> None:
    """What beat's rounds do of it."""
    reconciliation.look_up_overdue(workshop.deps)
    with unit_of_work(workshop.deps.engine) as connection:
        overdue.call_off_abandoned(connection, workshop.clock(), HOUR)
    workshop.run()
    with unit_of_work(workshop.deps.engine) as connection:
        overdue.expire_orders(connection, workshop.clock())


def waiting(workshop: Workshop, provider: Provider, order_seconds: float | None) -> int:
    """A charge whose payer must act, of an order that lasts so long."""
    is_card = provider is Provider.STRIPE
    charge = (
        workshop.charge_by_stripe("tok_threeDSecure2Required")
        if is_card
        else workshop.charge_by_paypal()
    )
    if order_seconds is not None:
        until = workshop.clock() + timedelta(seconds=order_seconds)
        workshop.sql("UPDATE orders SET expires_at = :until RETURNING id", until=until)
    workshop.run()
    assert workshop.status(charge) == "requires_action"
    return charge


@pytest.mark.parametrize("provider", list(Provider))
def test_a_payer_who_went_away_does_not_keep_the_order_from_expiring(
    workshop: Workshop, provider: Provider
) -> None:
    charge = waiting(workshop, provider, 900)
    workshop.advance(minutes=50)
    swept(workshop)
    in_time = workshop.status(charge)

    workshop.advance(minutes=11)
    swept(workshop)

    assert in_time == "requires_action"
    assert workshop.status(charge) == "canceled"
    assert workshop.sql("SELECT status FROM orders") == [("expired",)]
    assert workshop.captures() == 0


@pytest.mark.parametrize("provider", list(Provider))
def test_the_payer_of_an_order_without_an_end_has_three_days(
    workshop: Workshop, provider: Provider
) -> None:
    charge = waiting(workshop, provider, None)
    workshop.advance(hours=71)
    swept(workshop)
    in_time = workshop.status(charge)

    workshop.advance(hours=2)
    swept(workshop)

    assert in_time == "requires_action"
    assert workshop.status(charge) == "canceled"
    assert workshop.sql("SELECT status FROM orders") == [("pending",)]


@pytest.mark.parametrize(
    ("fault", "op"),
    [("429", "^POST /v2/checkout/orders/.*/capture$"), ("503", "^GET /v2/checkout/orders/")],
)
def test_one_hiccup_does_not_cost_a_late_approval_its_charge(
    workshop: Workshop, fault: str, op: str
) -> None:
    charge = waiting(workshop, Provider.PAYPAL, None)
    workshop.advance(hours=4)
    workshop.approve(charge)
    workshop.control.fault(fault, op, times=1)

    told(workshop)
    until_settled(workshop)

    assert workshop.status(charge) == "succeeded"


def test_one_rate_limit_does_not_cost_a_backlog_its_charges(workshop: Workshop) -> None:
    charge = workshop.charge_by_stripe()
    workshop.advance(hours=4)
    workshop.control.fault("429", "^POST /v1/payment_intents$", times=1)

    workshop.run()
    until_settled(workshop)

    assert workshop.status(charge) == "succeeded"
