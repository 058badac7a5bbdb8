"""A dispute keeps one row from the complaint to the last movement of money."""

from typing import Any

import pytest

from shared.domain.charge import Provider
from tests.reconciliation.refunding import announced, paid, told
from tests.reconciliation.test_late_money import deciding, hear, pay, succeeded
from tests.reconciliation.workshop import Workshop

OPENED, CLOSED = "dispute.opened", "dispute.closed"


def dispute(workshop: Workshop) -> tuple[Any, ...]:
    """The one dispute: its status, what was withdrawn, what was reinstated."""
    query = "SELECT status, amount_minor, withdrawn_minor, reinstated_minor FROM disputes"
    (row,) = workshop.sql(query)
    return row


@pytest.mark.parametrize(("outcome", "reinstated", "net"), [("won", 1999, 0), ("lost", 0, -1999)])
def test_a_stripe_dispute_is_one_row_through_its_life(
    workshop: Workshop, outcome: str, reinstated: int, net: int
) -> None:
    charge = paid(workshop, "stripe")
    made = workshop.control.dispute(workshop.row(charge).capture_reference)
    told(workshop)
    opened = dispute(workshop)

    workshop.control.close_dispute(made["id"], outcome)
    told(workshop)

    assert opened == ("open", 1999, 1999, 0)
    assert dispute(workshop) == (outcome, 1999, 1999, reinstated)
    assert announced(workshop, "dispute") == [OPENED, CLOSED]
    rows = [row for row in workshop.control.ledger() if row["kind"].startswith("dispute")]
    assert sum(row["amount_minor"] for row in rows) == net


@pytest.mark.parametrize(
    ("winner", "status", "reinstated"), [("seller", "won", 1999), ("buyer", "lost", 0)]
)
def test_a_paypal_dispute_is_one_row_through_its_life(
    workshop: Workshop, winner: str, status: str, reinstated: int
) -> None:
    charge = paid(workshop, "paypal")
    capture = workshop.row(charge).capture_reference
    made = workshop.control.post(f"/paypal/captures/{capture}/dispute")
    told(workshop)
    opened = dispute(workshop)

    workshop.control.post(f"/paypal/disputes/{made['id']}/review")
    workshop.control.post(f"/paypal/disputes/{made['id']}/resolve", {"winner": winner})
    told(workshop)

    assert opened == ("open", 1999, 1999, 0)
    assert dispute(workshop) == (status, 1999, 1999, reinstated)
    assert announced(workshop, "dispute") == [OPENED, CLOSED]


def test_a_dispute_of_which_only_the_end_is_told_was_opened_too(workshop: Workshop) -> None:
    charge = paid(workshop, "stripe")
    made = workshop.control.dispute(workshop.row(charge).capture_reference)
    workshop.control.close_dispute(made["id"], "won")

    told(workshop)

    assert dispute(workshop) == ("won", 1999, 1999, 1999)
    assert announced(workshop, "dispute") == [OPENED, CLOSED]


def test_a_disputed_charge_stays_succeeded_and_its_order_completed(workshop: Workshop) -> None:
    charge = paid(workshop, "stripe")
    made = workshop.control.dispute(workshop.row(charge).capture_reference)
    workshop.control.close_dispute(made["id"], "lost")

    told(workshop)

    assert workshop.status(charge) == "succeeded"
    assert workshop.sql("SELECT status FROM orders") == [("completed",)]


def test_a_dispute_of_money_that_came_twice_is_on_record(workshop: Workshop) -> None:
    charge = succeeded(workshop, Provider.STRIPE)
    hear(workshop, charge, pay(workshop, charge), deciding(workshop, late_money="review"))
    [[capture]] = workshop.sql("SELECT capture_reference FROM stray_captures")

    workshop.control.dispute(capture)
    told(workshop)

    assert workshop.sql("SELECT charge_id, status FROM disputes") == [(charge, "open")]
    assert announced(workshop, "dispute") == ["dispute.opened"]
