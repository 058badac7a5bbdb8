"""A person decides about a refund by what its provider shows, once, or changes nothing."""

from uuid import uuid4

import pytest

from tests.cli.conftest import WHY, Hand
from tests.reconciliation.refunding import ask, given_back, paid, refund

LOST, NEVER_SENT = "reset_after", "reset_before"


def before_a_person(hand: Hand, fault: str) -> int:
    """A refund whose answer was lost, and that nothing told of for days."""
    workshop = hand.workshop
    made = ask(workshop, paid(workshop, "stripe"))
    workshop.control.fault(fault, "^POST /v1/refunds$")
    workshop.control.fault("reset_before", "^GET /v1/refunds$", times=None)
    workshop.run()
    workshop.advance(days=3)
    workshop.run()
    assert refund(workshop, made).status == "needs_review"
    return made


@pytest.mark.parametrize(
    ("fault", "status", "given"), [(LOST, "succeeded", [500]), (NEVER_SENT, "failed", [])]
)
def test_a_refund_is_ended_by_what_its_provider_shows(
    hand: Hand, fault: str, status: str, given: list[int]
) -> None:
    made = before_a_person(hand, fault)
    hand.workshop.control.remove_fault()

    done = hand.read("refunds", "resolve", made, "settle", *WHY)

    assert (done["outcome"], refund(hand.workshop, made).status) == (status, status)
    assert given_back(hand.workshop) == given
    entries = hand.read("charges", "show", refund(hand.workshop, made).charge_id)["timeline"]
    assert f"refund.resolve.settle: {status}" in [each["what"] for each in entries]
    assert "nothing to decide" in hand.refused("refunds", "resolve", made, "settle", *WHY)


def test_what_the_provider_does_not_say_ends_no_refund(hand: Hand) -> None:
    made = before_a_person(hand, LOST)

    assert "does not end refund" in hand.refused("refunds", "resolve", made, "settle", *WHY)


def test_another_refund_than_ours_ends_none(hand: Hand) -> None:
    made = before_a_person(hand, NEVER_SENT)
    charge = hand.workshop.row(refund(hand.workshop, made).charge_id)
    other = hand.workshop.control.dashboard_refund(charge.provider_reference, 500)

    told = hand.refused("refunds", "resolve", made, "settle", "--reference", other["id"], *WHY)

    assert "does not name this refund" in told


def test_a_refund_that_waits_for_a_person_is_listed_and_kept_with_a_note(hand: Hand) -> None:
    made = before_a_person(hand, LOST)

    hand.read("refunds", "resolve", made, "keep", *WHY)

    listed = hand.read("refunds", "list", "--status", "needs_review")
    assert [each["id"] for each in listed] == [made]
    assert "unresolved" in str(listed)
    assert hand.read("refunds", "list", "--status", "succeeded") == []
    assert ("ada", "refund.resolve.keep", f"refund {made}") == hand.actions()[-1][:3]


def test_a_decision_that_is_sent_twice_is_carried_out_once(hand: Hand) -> None:
    made = before_a_person(hand, LOST)
    hand.workshop.control.remove_fault()
    words = ("refunds", "resolve", made, "settle", *WHY, "--once", uuid4())

    assert hand.read(*words) == hand.read(*words)
    assert given_back(hand.workshop) == [500]
