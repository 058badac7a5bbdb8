"""Refund requests: what becomes a refund, and what is told instead."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.factories import refund_document
from tests.api.platform import ORGANIZER, Platform, data_of, document_of, error_of


def test_a_refund_is_promised_with_where_to_follow_it(platform: Platform) -> None:
    charge = platform.paid()

    answer = platform.refund(charge, amount="5.00", reason="seat moved")

    refund = data_of(answer)
    assert answer.status_code == 202
    assert answer.headers["Location"] == refund["links"]["self"]
    assert refund["attributes"]["status"] == "pending"
    assert refund["attributes"]["amount"] == "5.00"
    assert refund["attributes"]["reason"] == "seat moved"
    assert refund["relationships"]["charge"]["data"]["id"] == charge.rsplit("/", 1)[1]


def test_without_an_amount_all_that_is_left_goes_back(platform: Platform) -> None:
    charge = platform.paid()
    platform.refund(charge, amount="5.00")

    answer = platform.refund(charge)

    assert data_of(answer)["attributes"]["amount"] == "14.99"


def test_a_whole_amount_has_the_decimals_of_its_currency(platform: Platform) -> None:
    charge = platform.paid(platform.order(amount="1000", currency="JPY"))

    answer = platform.refund(charge, amount="400")

    assert data_of(answer)["attributes"]["amount"] == "400"


def test_two_equal_partial_refunds_are_two_refunds(platform: Platform) -> None:
    charge = platform.paid()

    first, second = (platform.refunded(charge, amount="5.00") for _ in range(2))

    assert first != second


def test_a_refund_asked_twice_under_one_key_is_one_refund(platform: Platform) -> None:
    charge = platform.paid()
    asked = ("POST", f"{charge}/refunds", refund_document(amount="5.00"))

    first, second = (platform.ask(*asked, as_=ORGANIZER, Idempotency_Key="k1") for _ in range(2))

    assert first.text == second.text
    assert second.headers["Idempotent-Replayed"] == "true"
    listed = document_of(platform.ask("GET", f"{charge}/refunds", as_=ORGANIZER))["data"]
    assert len(listed) == 1


def test_requests_under_one_key_that_wait_for_each_other_are_one_refund(
    platform: Platform,
) -> None:
    charge = platform.paid()

    def ask(_: int) -> str:
        document = refund_document(amount="5.00")
        answer = platform.ask(
            "POST", f"{charge}/refunds", document, as_=ORGANIZER, Idempotency_Key="k2"
        )
        return answer.headers["Location"]

    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(ask, range(8)))

    assert len(made) == 1


def test_a_key_with_another_body_is_refused(platform: Platform) -> None:
    charge = platform.paid()
    path = f"{charge}/refunds"
    platform.ask("POST", path, refund_document(amount="5.00"), as_=ORGANIZER, Idempotency_Key="k3")

    other = refund_document(amount="5.01")
    answer = platform.ask("POST", path, other, as_=ORGANIZER, Idempotency_Key="k3")

    assert answer.status_code == 422


def test_a_charge_that_is_not_captured_has_nothing_to_refund(platform: Platform) -> None:
    answer = platform.refund(platform.charged())

    assert answer.status_code == 409
    assert error_of(answer)["code"] == "charge_not_captured"


@pytest.mark.parametrize("amounts", [["20.00"], ["19.99", None], ["10.00", "10.00"]])
def test_refunds_above_what_was_captured_are_refused(
    platform: Platform, amounts: list[str | None]
) -> None:
    charge = platform.paid()
    for amount in amounts[:-1]:
        platform.refunded(charge, amount=amount)

    answer = platform.refund(charge, amount=amounts[-1])

    assert answer.status_code == 409
    assert error_of(answer)["code"] == "refund_above_captured"


def test_refunds_at_the_same_moment_never_pass_what_was_captured(platform: Platform) -> None:
    charge = platform.paid()

    with ThreadPoolExecutor(4) as pool:
        statuses = list(
            pool.map(lambda _: platform.refund(charge, amount="8.00").status_code, range(6))
        )

    assert sorted(statuses) == [202, 202, 409, 409, 409, 409]


@pytest.mark.parametrize("amount", ["0", "0.00"])
def test_nothing_is_no_refund(platform: Platform, amount: str) -> None:
    answer = platform.refund(platform.paid(), amount=amount)

    assert answer.status_code == 422


@pytest.mark.parametrize("amount", ["-1", "5.001", "1e2", "much", "5,00", 5, "9" * 30])
def test_what_is_no_amount_is_refused_where_it_stands(platform: Platform, amount: object) -> None:
    answer = platform.refund(platform.paid(), amount=amount)

    assert answer.status_code == 422
    assert error_of(answer)["source"] == {"pointer": "/data/attributes/amount"}


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/v1/refunds/0", "Refund with identifier: 0 not found"),
        ("/v1/refunds/nothing", "Refund with identifier: nothing not found"),
        ("/v1/charges/nothing/refunds", "Charge with identifier: nothing not found"),
        (f"/v1/refunds/{'9' * 40}", f"Refund with identifier: {'9' * 40} not found"),
    ],
)
def test_what_is_not_there_is_not_found(platform: Platform, path: str, detail: str) -> None:
    answer = platform.ask("GET", path, as_=ORGANIZER)

    assert answer.status_code == 404
    assert error_of(answer)["detail"] == detail


def test_a_charge_shows_what_was_refunded_of_it(platform: Platform) -> None:
    charge = platform.paid()

    shown = data_of(platform.ask("GET", charge, as_=ORGANIZER))

    assert shown["attributes"]["amount-refunded"] == "0.00"


def test_a_charge_of_which_nothing_was_sent_is_cancelled_at_once(platform: Platform) -> None:
    charge = platform.charged()

    answer = platform.ask("POST", f"{charge}/cancel", as_={"sub": "buyer"})

    assert answer.status_code == 202
    assert data_of(answer)["attributes"]["status"] == "canceled"


def test_a_cancelled_charge_leaves_its_order_payable(platform: Platform) -> None:
    order = platform.order()
    charge = platform.charged(order)
    platform.ask("POST", f"{charge}/cancel", as_={"sub": "buyer"})

    answer = platform.charge(order, stripe="tok_mastercard")

    assert answer.status_code == 202
    assert answer.headers["Location"] != charge


def test_cancelling_twice_is_cancelling_once(platform: Platform) -> None:
    charge = platform.charged()
    platform.ask("POST", f"{charge}/cancel", as_={"sub": "buyer"})

    answer = platform.ask("POST", f"{charge}/cancel", as_={"sub": "buyer"})

    assert answer.status_code == 202
    moves = platform.sql(
        "SELECT count(*) FROM transitions WHERE charge_id = :id", id=charge.rsplit("/", 1)[1]
    )
    assert moves == [(1,)]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("submitting", "on its way"),
        ("indeterminate", "on its way"),
        ("processing", "has taken"),
        ("failed", "nothing to cancel"),
        ("needs_review", "looked into"),
    ],
)
def test_too_late_to_cancel_is_told_with_the_reason(
    platform: Platform, status: str, words: str
) -> None:
    charge = platform.charged()
    platform.sql(
        "UPDATE charges SET status = 'submitting', claimed_until = now(), instrument = NULL"
        " WHERE id = :id",
        id=charge.rsplit("/", 1)[1],
    )
    if status != "submitting":
        platform.sql(
            "UPDATE charges SET status = :to WHERE id = :id",
            to=status,
            id=charge.rsplit("/", 1)[1],
        )

    answer = platform.ask("POST", f"{charge}/cancel", as_={"sub": "buyer"})

    assert answer.status_code == 409
    assert words in error_of(answer)["detail"]


def test_a_paid_charge_is_refunded_not_cancelled(platform: Platform) -> None:
    answer = platform.ask("POST", f"{platform.paid()}/cancel", as_={"sub": "buyer"})

    assert answer.status_code == 409
    assert "refund" in error_of(answer)["detail"]
