"""A person decides about a charge by what the provider proves, once, or changes nothing."""

import json
import uuid

import pytest
from sqlalchemy.exc import IntegrityError

from tests.cli.conftest import WHY, Hand

PROCESSING = "pm_card_sandbox_processing_stuck"
KEPT = "UPDATE charges SET status = 'needs_review', instrument = NULL WHERE id = :id RETURNING 1"


def before_a_person(hand: Hand, token: str = PROCESSING) -> int:
    """A charge that the provider took, and that nobody settled in time."""
    charge = hand.workshop.charge_by_stripe(token)
    hand.workshop.run()
    put_before_a_person(hand, charge)
    return charge


def put_before_a_person(hand: Hand, charge: int) -> None:
    """As the age limits do."""
    hand.workshop.sql(
        "INSERT INTO transitions (charge_id, at, actor, event, from_status, to_status, reason)"
        " SELECT id, now(), 'sweep', 'unresolved', status, 'needs_review', 'too long' FROM charges"
        " WHERE id = :id RETURNING 1",
        id=charge,
    )
    hand.workshop.sql(KEPT, id=charge)


def outbound(hand: Hand) -> list[str]:
    return [
        kind for (kind,) in hand.workshop.sql("SELECT event_type FROM outbound_events ORDER BY id")
    ]


def test_a_payment_that_the_provider_proves_is_let_stand(hand: Hand) -> None:
    charge = before_a_person(hand)
    hand.workshop.control.settle(hand.workshop.row(charge).provider_reference)

    done = hand.read("charges", "resolve", charge, "succeed", *WHY)

    row = hand.workshop.row(charge)
    assert (done["outcome"], row.status, row.amount_captured_minor) == (
        "succeeded", "succeeded", 1999,
    )  # fmt: skip
    assert hand.workshop.sql("SELECT status FROM orders") == [("completed",)]
    evidence = hand.workshop.evidence(charge)
    assert (evidence["operator"], evidence["reason"]) == ("ada", "the buyer called")
    assert evidence["answer"]["outcome"] == "Approved"
    assert outbound(hand)[-2:] == ["charge.succeeded", "order.completed"]


def test_an_attempt_without_a_definite_answer_gets_the_one_that_the_provider_proves(
    hand: Hand,
) -> None:
    charge = before_a_person(hand)
    hand.workshop.sql("UPDATE attempts SET finished_at = NULL, outcome = NULL RETURNING 1")
    hand.workshop.control.settle(hand.workshop.row(charge).provider_reference)

    hand.read("charges", "resolve", charge, "succeed", *WHY)

    assert hand.workshop.sql("SELECT outcome FROM attempts") == [("Approved",)]


def test_a_payment_that_the_provider_does_not_prove_is_not_let_stand(hand: Hand) -> None:
    charge = before_a_person(hand)

    told = hand.refused("charges", "resolve", charge, "succeed", *WHY)

    assert "does not prove it" in told


def test_another_charge_s_payment_does_not_stand_for_this_one(hand: Hand) -> None:
    charge = before_a_person(hand)
    paid = hand.workshop.charge_by_stripe()
    hand.workshop.run()
    reference = hand.workshop.row(paid).provider_reference

    told = hand.refused("charges", "resolve", charge, "succeed", "--reference", reference, *WHY)

    assert "does not name this charge" in told


def test_a_charge_is_failed_only_where_no_money_can_have_moved(hand: Hand) -> None:
    charge = before_a_person(hand)
    assert "does not prove it" in hand.refused("charges", "resolve", charge, "fail", *WHY)
    hand.workshop.control.settle(hand.workshop.row(charge).provider_reference)

    assert "does not prove it" in hand.refused("charges", "resolve", charge, "fail", *WHY)


def test_a_charge_that_the_provider_declined_is_failed(hand: Hand) -> None:
    charge = before_a_person(hand, "tok_chargeDeclined")
    reference = declined(hand, charge)

    done = hand.read("charges", "resolve", charge, "fail", "--reference", reference, *WHY)

    assert done["outcome"] == "failed"
    assert hand.workshop.row(charge).failure_code
    assert outbound(hand)[-1] == "charge.failed"


def test_a_charge_is_called_off_at_the_provider(hand: Hand) -> None:
    charge = before_a_person(hand, "tok_threeDSecure2Required")

    done = hand.read("charges", "resolve", charge, "cancel", *WHY)

    assert (done["outcome"], hand.workshop.status(charge)) == ("canceled", "canceled")
    assert hand.workshop.captures() == 0


def test_a_failure_that_the_provider_stored_is_not_heard_for_ever(hand: Hand) -> None:
    charge = before_a_person(hand, "tok_threeDSecure2Required")
    once = ("--once", uuid.uuid4())
    hand.workshop.control.fault(
        "500_stored", "^POST /v1/payment_intents/.*/cancel$", committed=False
    )
    assert "does not prove it" in hand.refused("charges", "resolve", charge, "cancel", *WHY, *once)

    done = hand.read("charges", "resolve", charge, "cancel", *WHY, *once)

    assert (done["outcome"], hand.workshop.status(charge)) == ("canceled", "canceled")


def test_money_of_a_charge_before_a_person_goes_back_whole(hand: Hand) -> None:
    charge = before_a_person(hand)
    hand.workshop.control.settle(hand.workshop.row(charge).provider_reference)

    done = hand.read("charges", "resolve", charge, "refund", *WHY)
    hand.workshop.run()

    assert done["outcome"] == "failed, and its money goes back"
    assert hand.workshop.row(charge).failure_code == "money_returned"
    assert hand.workshop.sql("SELECT amount_minor, status, requested_by FROM refunds") == [
        (1999, "succeeded", "ada")
    ]
    assert hand.workshop.sql("SELECT status FROM orders") == [("pending",)]


def test_there_is_nothing_to_give_back_where_nothing_was_captured(hand: Hand) -> None:
    charge = before_a_person(hand)

    assert "no captured money" in hand.refused("charges", "resolve", charge, "refund", *WHY)


def test_a_decision_that_is_given_twice_refunds_once(hand: Hand) -> None:
    charge = before_a_person(hand)
    hand.workshop.control.settle(hand.workshop.row(charge).provider_reference)
    once = ("--once", uuid.uuid4())

    first = hand.read("charges", "resolve", charge, "refund", *WHY, *once)
    before = hand.everything()
    second = hand.read("charges", "resolve", charge, "refund", *WHY, *once)

    assert first == second
    assert hand.everything() == before


def test_a_note_keeps_the_charge_before_a_person(hand: Hand) -> None:
    charge = before_a_person(hand)

    hand.read("charges", "resolve", charge, "keep", *WHY)

    assert hand.workshop.status(charge) == "needs_review"
    assert hand.actions() == [
        ("ada", "charge.resolve.keep", f"charge {charge}", "the buyer called",
         "kept before a person")
    ]  # fmt: skip


@pytest.mark.parametrize("decision", ["succeed", "refund", "fail", "cancel", "keep"])
def test_nothing_is_decided_about_a_charge_that_waits_for_nobody(hand: Hand, decision: str) -> None:
    charge = hand.workshop.charge_by_stripe()
    hand.workshop.run()

    told = hand.refused("charges", "resolve", charge, decision, *WHY)

    assert told == f"Error: Charge {charge} is succeeded: there is nothing to decide."


def test_what_can_be_decided_is_offered(hand: Hand) -> None:
    charge = before_a_person(hand)

    (review,) = hand.read("charges", "reviews")

    assert review["charge"]["id"] == charge
    assert review["possible"] == ["succeed", "fail", "cancel", "keep"]


def test_captured_money_is_never_called_failed(hand: Hand) -> None:
    charge = hand.workshop.charge_by_stripe()
    hand.workshop.run()
    hand.workshop.sql(KEPT, id=charge)

    assert "Its money is captured" in hand.refused("charges", "resolve", charge, "fail", *WHY)
    with pytest.raises(IntegrityError, match="ck_charges_released_is_uncaptured"):
        hand.workshop.sql("UPDATE charges SET status = 'failed' RETURNING 1")


def test_another_charge_of_the_order_may_pay_it_alone(hand: Hand) -> None:
    charge = before_a_person(hand)
    hand.workshop.control.settle(hand.workshop.row(charge).provider_reference)
    hand.workshop.sql(
        "INSERT INTO charges (identifier, order_id, provider, status, amount_minor, currency,"
        " instrument_fingerprint, next_attempt_at, dispatch_at, created_at, updated_at)"
        " SELECT gen_random_uuid(), order_id, provider, 'accepted', amount_minor, currency,"
        " instrument_fingerprint, now(), now(), now(), now() FROM charges RETURNING 1"
    )

    told = hand.refused("charges", "resolve", charge, "succeed", *WHY)

    assert "Another charge of the order has paid it, or may." in told


def declined(hand: Hand, charge: int) -> str:
    """The PaymentIntent of a charge whose card was refused."""
    answers = hand.workshop.sql("SELECT last_answer FROM attempts WHERE charge_id = :id", id=charge)
    return str(json.loads(json.dumps(answers[0][0]))["reference"])
