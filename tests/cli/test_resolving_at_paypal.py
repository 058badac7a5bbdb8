"""At PayPal, too, a person decides by what the capture proves, not by what the order says."""

from tests.cli.conftest import WHY, Hand
from tests.cli.test_resolving import outbound, put_before_a_person
from tests.reconciliation.refunding import told


def before_a_person(hand: Hand, payer: str | None = None) -> int:
    """A charge whose payer was sent to PayPal, and acted there or did not."""
    charge = hand.workshop.charge_by_paypal()
    hand.workshop.run()
    if payer:
        hand.workshop.approve(charge, payer=payer)
        told(hand.workshop)
        assert hand.workshop.status(charge) == "processing"
    put_before_a_person(hand, charge)
    return charge


def test_a_capture_that_completed_is_let_stand(hand: Hand) -> None:
    charge = before_a_person(hand, "risk-review")
    hand.workshop.control.settle_paypal(hand.workshop.row(charge).capture_reference)

    done = hand.read("charges", "resolve", charge, "succeed", *WHY)

    row = hand.workshop.row(charge)
    assert (done["outcome"], row.status, row.amount_captured_minor) == (
        "succeeded", "succeeded", 1999,
    )  # fmt: skip
    assert hand.workshop.sql("SELECT status FROM orders") == [("completed",)]
    assert outbound(hand)[-2:] == ["charge.succeeded", "order.completed"]
    assert hand.workshop.captures() == 1


def test_an_order_that_is_completed_with_its_capture_pending_proves_nothing(hand: Hand) -> None:
    charge = before_a_person(hand, "risk-review")

    for decision in ("succeed", "fail"):
        assert "does not prove it" in hand.refused("charges", "resolve", charge, decision, *WHY)


def test_an_approval_is_no_payment(hand: Hand) -> None:
    charge = before_a_person(hand)
    hand.workshop.approve(charge)

    assert "does not prove it" in hand.refused("charges", "resolve", charge, "succeed", *WHY)


def test_a_capture_that_was_declined_is_failed(hand: Hand) -> None:
    charge = before_a_person(hand, "risk-review")
    capture = hand.workshop.row(charge).capture_reference
    hand.workshop.control.settle_paypal(capture, "declined")

    done = hand.read("charges", "resolve", charge, "fail", *WHY)

    assert (done["outcome"], outbound(hand)[-1]) == ("failed", "charge.failed")
    assert hand.workshop.sql("SELECT status FROM orders") == [("pending",)]


def test_an_order_that_nobody_captured_is_called_off(hand: Hand) -> None:
    charge = before_a_person(hand)

    done = hand.read("charges", "resolve", charge, "cancel", *WHY)

    assert (done["outcome"], hand.workshop.status(charge)) == ("canceled", "canceled")
    assert hand.workshop.captures() == 0


def test_money_goes_back_whole(hand: Hand) -> None:
    charge = before_a_person(hand, "risk-review")
    hand.workshop.control.settle_paypal(hand.workshop.row(charge).capture_reference)

    done = hand.read("charges", "resolve", charge, "refund", *WHY)
    hand.workshop.run()

    assert done["outcome"] == "failed, and its money goes back"
    assert hand.workshop.sql("SELECT amount_minor, status FROM refunds") == [(1999, "succeeded")]
    given = [row for row in hand.workshop.control.ledger() if row["kind"] == "refund"]
    assert [row["amount_minor"] for row in given] == [-1999]
