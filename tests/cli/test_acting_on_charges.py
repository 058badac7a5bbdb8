"""Operators act on a charge once, on record, or not at all."""

import uuid

import pytest

from tests.cli.conftest import WHY, Hand


def test_a_retry_is_due_now_and_on_record(hand: Hand) -> None:
    charge = hand.workshop.charge_by_stripe()
    hand.workshop.sql(
        "UPDATE charges SET next_attempt_at = now() + interval '1 h',"
        " dispatch_at = now() + interval '1 h' RETURNING 1"
    )
    assert hand.workshop.run() == 0

    done = hand.read("charges", "retry", charge, *WHY)

    assert (done["action"], done["subject"]) == ("charge.retry", f"charge {charge}")
    assert hand.actions() == [
        ("ada", "charge.retry", f"charge {charge}", "the buyer called", "due now")
    ]
    hand.workshop.run()
    assert hand.workshop.status(charge) == "succeeded"
    kinds = [each["kind"] for each in hand.read("charges", "show", charge)["timeline"]]
    assert kinds.count("operator") == 1


def test_a_charge_that_waits_for_its_payer_is_called_off(hand: Hand) -> None:
    charge = hand.workshop.charge_by_stripe("tok_threeDSecure2Required")
    hand.workshop.run()

    done = hand.read("charges", "cancel", charge, *WHY)
    hand.workshop.run()

    assert done["outcome"] == "its provider will be asked"
    assert (hand.workshop.status(charge), hand.workshop.captures()) == ("canceled", 0)
    assert "canceled already" in hand.refused("charges", "cancel", charge, *WHY)


def test_who_called_a_charge_off_stands_in_its_history(hand: Hand) -> None:
    charge = hand.workshop.charge_by_stripe()

    hand.read("charges", "cancel", charge, *WHY)

    evidence = hand.workshop.evidence(charge)
    assert (evidence["operator"], evidence["reason"]) == ("ada", "the buyer called")


def test_an_action_that_is_given_twice_is_done_once(hand: Hand) -> None:
    charge = hand.workshop.charge_by_stripe()
    once = ("--once", uuid.uuid4())

    first = hand.read("charges", "retry", charge, *WHY, *once)
    before = hand.everything()
    second = hand.read("charges", "retry", charge, *WHY, *once)

    assert first == second
    assert hand.everything() == before


def test_an_action_s_name_stands_for_that_action_alone(hand: Hand) -> None:
    charges = [hand.workshop.charge_by_stripe() for _ in range(2)]
    once = ("--once", uuid.uuid4())
    hand.read("charges", "retry", charges[0], *WHY, *once)

    told = hand.refused("charges", "retry", charges[1], *WHY, *once)

    assert f"charge.retry of charge {charges[0]}" in told
    again = ("--actor", "ada", "--reason", "another", *once)
    assert "because: the buyer called" in hand.refused("charges", "retry", charges[0], *again)


def test_what_is_settled_is_not_retried(hand: Hand) -> None:
    charge = hand.workshop.charge_by_stripe()
    hand.workshop.run()

    told = hand.refused("charges", "retry", charge, *WHY)

    assert told == f"Error: Charge {charge} is succeeded: its money is captured."


@pytest.mark.parametrize(
    "column",
    ["parked_reason = 'account'", "cancel_requested_at = now()", "claimed_until = 'infinity'"],
)
def test_what_others_hold_back_is_not_retried(hand: Hand, column: str) -> None:
    charge = hand.workshop.charge_by_stripe()
    hand.workshop.sql(f"UPDATE charges SET {column} RETURNING 1")  # noqa: S608 the cases above

    assert "parked, called off, or in a worker's hands" in hand.refused(
        "charges", "retry", charge, *WHY
    )


def test_nobody_acts_without_a_name_and_a_reason(hand: Hand) -> None:
    charge = hand.workshop.charge_by_stripe()

    assert "the reason is blank" in hand.refused("charges", "retry", charge, "--reason", " ")
    assert "the actor is blank" in hand.refused(
        "charges", "retry", charge, "--reason", "why", "--actor", ""
    )
    assert hand.run("charges", "retry", charge).exit_code == 2


def test_a_reason_without_an_end_is_refused(hand: Hand) -> None:
    charge = hand.workshop.charge_by_stripe()

    told = hand.refused("charges", "retry", charge, "--actor", "ada", "--reason", "x" * 1001)

    assert "1000 characters or less" in told
