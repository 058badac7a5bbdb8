"""What a buyer pays with: which instrument an order wants, and that it pays once."""

from typing import Any

import pytest

from tests.api.platform import BUYER, Platform, data_of, error_of


@pytest.mark.parametrize(
    "attributes",
    [{"stripe": None}, {"stripe": ""}, {"stripe": "  "}, {"paypal": "5O190127TN364715T"}],
)
def test_a_stripe_order_wants_a_stripe_token(
    platform: Platform, attributes: dict[str, Any]
) -> None:
    answer = platform.charge(platform.order(), **attributes)

    assert answer.status_code == 422
    assert error_of(answer)["detail"] == "stripe token is missing"
    assert error_of(answer)["source"] == {"pointer": "/data/attributes/stripe"}


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"paypal_payment_id": "PAYID-1"}, "paypal-payer-id"),
        ({"paypal_payer_id": "PAYER1"}, "paypal-payment-id"),
    ],
)
def test_one_half_of_the_paypal_pair_is_told_the_other(
    platform: Platform, given: dict[str, Any], missing: str
) -> None:
    answer = platform.charge(platform.order(payment_mode="paypal"), **given)

    assert answer.status_code == 422
    assert error_of(answer)["source"] == {"pointer": f"/data/attributes/{missing}"}


def test_a_paypal_order_with_only_a_stripe_token_misses_its_own(platform: Platform) -> None:
    answer = platform.charge(platform.order(payment_mode="paypal"), stripe="tok_visa")

    assert answer.status_code == 422
    assert error_of(answer)["source"] == {"pointer": "/data/attributes/paypal"}


def test_where_both_are_given_the_orders_mode_decides(platform: Platform) -> None:
    both: dict[str, Any] = {"stripe": "tok_visa", "paypal": "7O190127TN364715T"}

    stripe = platform.charge(platform.order(), **both)
    paypal = platform.charge(platform.order(payment_mode="paypal"), **both)

    modes = [data_of(answer)["attributes"]["payment-mode"] for answer in (stripe, paypal)]
    assert modes == ["stripe", "paypal"]


def test_a_paypal_order_may_be_charged_with_nothing(platform: Platform) -> None:
    order = platform.order(payment_mode="paypal")
    document = {"data": {"type": "charge"}}

    answer = platform.ask("POST", f"/v1/orders/{order}/charge", document, as_=BUYER)

    assert answer.status_code == 202


def test_the_same_instrument_again_is_the_same_charge(platform: Platform) -> None:
    order = platform.order()
    first = platform.charge(order)

    again = platform.charge(order)

    assert again.status_code == 202
    assert again.headers["Idempotent-Replayed"] == "true"
    assert data_of(again)["id"] == data_of(first)["id"]


def test_another_instrument_is_told_of_the_live_charge(platform: Platform) -> None:
    order = platform.order()
    live = platform.charged(order)

    answer = platform.charge(order, stripe="tok_mastercard")

    assert answer.status_code == 409
    assert error_of(answer)["links"] == {"about": live}


@pytest.mark.parametrize(
    ("mode", "instrument"),
    [("stripe", {"stripe": "tok_1NirD82eZvKYlo2CIvbtLWuY"}), ("paypal", {"paypal": "8AB1234"})],
)
def test_an_instrument_pays_one_order_only(
    platform: Platform, mode: str, instrument: dict[str, Any]
) -> None:
    first, second = platform.order(payment_mode=mode), platform.order(payment_mode=mode)
    platform.charged(first, **instrument)

    answer = platform.charge(second, **instrument)

    assert answer.status_code == 409
    assert platform.sql(
        "SELECT count(*) FROM charges c JOIN orders o ON o.id = c.order_id"
        " WHERE o.identifier = :order",
        order=second,
    ) == [(0,)]
