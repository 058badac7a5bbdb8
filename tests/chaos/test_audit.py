"""The audit: silent over good books, a sentence for each way in which they can be bad."""

from typing import Any

from chaos.audit import Books, judge
from chaos.leaks import leaks


def charge(**changes: Any) -> dict[str, Any]:
    row = {
        "id": 1,
        "order_id": "order-1",
        "status": "succeeded",
        "currency": "EUR",
        "parked_reason": None,
        "capture_reference": "ch_1",
        "captured": 1999,
        "refunded": 0,
    }
    return row | changes


def movement(**changes: Any) -> dict[str, Any]:
    row = {
        "kind": "charge",
        "object_id": "ch_1",
        "parent_id": None,
        "amount_minor": 1999,
        "currency": "EUR",
        "metadata": {"order": "order-1"},
        "custom_id": None,
        "response_delivered": True,
    }
    return row | changes


def given_back(**changes: Any) -> dict[str, Any]:
    back = {"kind": "refund", "object_id": "re_1", "parent_id": "ch_1", "amount_minor": -500}
    return movement(**back) | changes


def refund(**changes: Any) -> dict[str, Any]:
    row = {"id": 5, "charge_id": 1, "status": "succeeded", "amount_minor": 500}
    return row | {"provider_reference": "re_1"} | changes


def breaches(
    charges: list[dict[str, Any]],
    ledger: list[dict[str, Any]],
    refunds: list[dict[str, Any]] | None = None,
    promised: tuple[int, ...] = (1,),
    promised_refunds: tuple[int, ...] = (),
    strays: tuple[dict[str, Any], ...] = (),
) -> tuple[str, ...]:
    captures = [*(row for row in charges if row["captured"]), *strays]
    books = Books(charges, captures, refunds or [], ledger, promised, promised_refunds)
    return judge(books).breaches


def test_books_that_agree_are_passed_in_silence() -> None:
    paid = charge(refunded=500)

    found = breaches([paid], [movement(), given_back()], [refund()], promised_refunds=(5,))

    assert found == ()


def test_a_second_capture_of_an_order_is_told() -> None:
    second = charge(id=2, capture_reference="ch_2")
    ledger = [movement(), movement(object_id="ch_2")]

    assert breaches([charge(), second], ledger) == ("Order order-1 was captured more than once.",)


def test_a_second_capture_that_was_given_back_is_none() -> None:
    second = charge(id=2, capture_reference="ch_2", refunded=1999)
    back = given_back(parent_id="ch_2", amount_minor=-1999)

    assert breaches([charge(), second], [movement(), movement(object_id="ch_2"), back]) == ()


def test_late_money_that_went_back_is_in_both_books() -> None:
    canceled = charge(status="canceled", captured=0)
    back = given_back(amount_minor=-1999)
    stray = charge(refunded=1999)

    assert breaches([canceled], [movement(), back], strays=(stray,)) == ()
    assert len(breaches([canceled], [movement()], strays=(stray,))) == 1


def test_a_charge_that_was_promised_and_is_gone_is_told() -> None:
    found = breaches([charge()], [movement()], promised=(1, 9), promised_refunds=(4,))

    assert found == (
        "Charge 9 was accepted and is not in the database.",
        "Refund 4 was accepted and is not in the database.",
    )


def test_a_cent_of_difference_is_told() -> None:
    (found,) = breaches([charge()], [movement(amount_minor=2000)])

    assert found == (
        "Capture ch_1: the database has 1999 less 0 EUR of order order-1, "
        "the ledger 2000 less 0 EUR of order order-1."
    )


def test_a_refund_that_only_one_side_has_is_told() -> None:
    assert len(breaches([charge()], [movement(), given_back()])) == 1
    assert len(breaches([charge(refunded=500)], [movement()])) == 1


def test_money_that_only_one_side_has_is_told() -> None:
    failed = charge(status="failed", capture_reference=None, captured=0)

    assert "the database has nothing" in breaches([failed], [movement()])[0]
    assert "the ledger nothing" in breaches([charge()], [])[0]


def test_money_on_another_order_is_told() -> None:
    assert len(breaches([charge()], [movement(metadata={"order": "order-2"})])) == 1


def test_a_charge_that_is_stuck_is_told_with_what_parks_it() -> None:
    waiting = {"captured": 0, "capture_reference": None}
    stuck = charge(status="indeterminate", **waiting)
    parked = charge(id=2, status="accepted", parked_reason="disconnected", **waiting)

    assert breaches([stuck, parked], []) == (
        "Charge 1 is stuck: indeterminate.",
        "Charge 2 is stuck: accepted, disconnected.",
    )


def test_a_refund_that_is_stuck_is_told() -> None:
    pending = refund(status="pending", provider_reference=None)

    assert breaches([charge()], [movement()], [pending]) == ("Refund 5 is stuck: pending.",)


def test_a_charge_before_a_person_is_parked_not_stuck() -> None:
    parked = charge(status="needs_review", captured=0, capture_reference=None)

    assert breaches([parked], []) == ()


def test_money_on_a_charge_that_did_not_succeed_is_told() -> None:
    found = breaches([charge(status="failed")], [movement()])

    assert found == ("Charge 1 is failed with 1999 captured.",)


def test_a_capture_whose_answer_was_lost_and_that_nobody_found_is_told() -> None:
    lost = movement(response_delivered=False)
    gone = charge(status="failed", capture_reference=None, captured=0)

    assert breaches([charge()], [lost]) == ()
    assert breaches([gone], [lost])[-1] == (
        "The charge ch_1, whose answer was lost, was never found."
    )


def test_a_secret_is_told_by_its_name_and_place_never_by_its_value() -> None:
    secrets = {"JWT_SECRET": "s3cr3t", "token tok_1": "tok_1"}
    texts = [("web.log", b"all is well"), ("worker.log", b"charged s3cr3t, s3cr3t with tok_1")]

    found = list(leaks(texts, secrets))

    assert found == [
        "The secret JWT_SECRET is in worker.log.",
        "The secret token tok_1 is in worker.log.",
    ]
    assert not [sentence for sentence in found if "s3cr3t" in sentence]
