"""What the Stripe adapter fixes before the first try."""

import json

import pytest

from shared.domain.charge import PayPalOrder
from shared.domain.errors import UnrepresentableAmount
from shared.domain.money import Money
from shared.providers.base import ChargeRequest
from tests.contract.stripe_wire import CHARGE, METHOD, ORDER, PRICE, TOKEN, adapter, freeze

NOBODY = "http://127.0.0.1:1"


def test_the_frozen_body_holds_no_instrument() -> None:
    for instrument in (TOKEN, METHOD):
        assert instrument.token not in json.dumps(freeze(instrument).body)


@pytest.mark.parametrize(
    ("money", "units"),
    [
        (Money.parse("19.99", "USD"), 1999),
        (Money.parse("0.29", "USD"), 29),
        (Money.parse("64.10", "EUR"), 6410),
        (Money.parse("1000", "JPY"), 1000),
        (Money.parse("10.010", "KWD"), 10010),
        (Money.parse("500", "ISK"), 50000),
    ],
)
def test_an_amount_is_frozen_in_stripes_units(money: Money, units: int) -> None:
    request = ChargeRequest(CHARGE, ORDER, money, METHOD)

    call = adapter(NOBODY).freeze(request)

    assert call.body["payment_intent"]["amount"] == units


def test_an_amount_that_stripe_cannot_carry_is_not_frozen() -> None:
    request = ChargeRequest(CHARGE, ORDER, Money.parse("10.005", "KWD"), METHOD)

    with pytest.raises(UnrepresentableAmount):
        adapter(NOBODY).freeze(request)


def test_another_providers_instrument_is_a_bug() -> None:
    request = ChargeRequest(CHARGE, ORDER, PRICE, PayPalOrder("ORDER-1"))

    with pytest.raises(TypeError, match="PayPalOrder"):
        adapter(NOBODY).freeze(request)
