"""A charge that its buyer calls off: what the provider says of it decides."""

import pytest

from sandbox.client import ControlError
from shared.db import unit_of_work
from shared.domain.outcomes import PayerActed
from shared.repository import called_off
from shared.settlement import Source, settle
from tests.reconciliation.refunding import announced, told
from tests.reconciliation.workshop import Workshop
from worker import canceling, charging


def wish(workshop: Workshop, charge: int) -> None:
    """Keep the buyer's wish, as the shim does for a charge that waits for its payer."""
    with unit_of_work(workshop.deps.engine) as connection:
        called_off.wish_to_cancel(connection, charge, workshop.clock())


def waiting(workshop: Workshop, provider: str) -> int:
    """A charge whose payer must act."""
    card = provider == "stripe"
    charge = (
        workshop.charge_by_stripe("tok_threeDSecure2Required")
        if card
        else workshop.charge_by_paypal()
    )
    workshop.run()
    assert workshop.status(charge) == "requires_action"
    return charge


@pytest.mark.parametrize("provider", ["stripe", "paypal"])
def test_a_charge_that_waits_for_its_payer_is_cancelled_with_the_provider(
    workshop: Workshop, provider: str
) -> None:
    charge = waiting(workshop, provider)

    wish(workshop, charge)
    workshop.run()
    told(workshop)

    assert workshop.status(charge) == "canceled"
    assert workshop.captures() == 0
    assert announced(workshop, "charge.canceled") == ["charge.canceled"]


def test_a_charge_that_succeeded_meanwhile_stays_succeeded(workshop: Workshop) -> None:
    charge = waiting(workshop, "stripe")
    wish(workshop, charge)
    workshop.control.authenticate(workshop.row(charge).provider_reference)

    workshop.run()
    told(workshop)

    assert workshop.status(charge) == "succeeded"
    assert workshop.captures() == 1
    assert announced(workshop, "charge.canceled") == []


def test_an_order_approved_after_the_wish_is_not_captured(workshop: Workshop) -> None:
    charge = waiting(workshop, "paypal")
    wish(workshop, charge)
    workshop.approve(charge)
    with unit_of_work(workshop.deps.engine) as connection:
        acted = PayerActed(workshop.row(charge).provider_reference)
        settle(connection, workshop.deps, charge, acted, Source("webhook"))
    carried_on = workshop.status(charge)

    charging.execute(workshop.deps, charge)
    workshop.run()

    assert carried_on == "accepted"
    assert workshop.status(charge) == "canceled"
    assert workshop.captures() == 0


def test_an_approval_told_before_the_wish_is_carried_out_changes_nothing(
    workshop: Workshop,
) -> None:
    charge = waiting(workshop, "paypal")
    workshop.approve(charge)
    wish(workshop, charge)
    workshop.sql(
        "UPDATE charges SET dispatch_at = :later RETURNING id",
        later=workshop.clock().replace(year=2100),
    )
    told(workshop, rounds=1)

    workshop.run()
    told(workshop)

    assert workshop.status(charge) == "canceled"
    assert workshop.captures() == 0


def test_an_authentication_after_the_cancellation_moves_no_money(workshop: Workshop) -> None:
    charge = waiting(workshop, "stripe")
    wish(workshop, charge)
    workshop.run()

    with pytest.raises(ControlError):
        workshop.control.authenticate(workshop.row(charge).provider_reference)

    assert workshop.captures() == 0


@pytest.mark.parametrize("fault", ["reset_after", "reset_before", "503", "429", "403"])
def test_a_wish_outlives_a_provider_that_does_not_answer(workshop: Workshop, fault: str) -> None:
    charge = waiting(workshop, "stripe")
    workshop.control.fault(fault, "^POST /v1/payment_intents/.*/cancel$")

    wish(workshop, charge)
    canceling.execute(workshop.deps, charge)
    first = workshop.status(charge)
    for _ in range(4):
        workshop.advance(minutes=1)
        workshop.run()

    assert first == "requires_action"
    assert workshop.status(charge) == "canceled"


def test_a_wish_delivered_many_times_is_one_cancellation(workshop: Workshop) -> None:
    charge = waiting(workshop, "stripe")
    wish(workshop, charge)

    for _ in range(4):
        canceling.execute(workshop.deps, charge)

    assert workshop.status(charge) == "canceled"
    assert workshop.posts("/cancel") == 1


def test_a_charge_nobody_called_off_is_not_cancelled_by_a_stray_message(
    workshop: Workshop,
) -> None:
    charge = waiting(workshop, "stripe")

    canceling.execute(workshop.deps, charge)

    assert workshop.status(charge) == "requires_action"
    assert workshop.posts("/cancel") == 0
