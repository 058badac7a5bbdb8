"""Wire amounts: what each provider is told, and what it tells, means the same money."""

from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.charge import Provider
from shared.domain.currencies import EXPONENTS
from shared.domain.errors import InvalidMoney, UnrepresentableAmount
from shared.domain.money import Money
from shared.domain.wire_amount import (
    PAYPAL_CURRENCIES,
    ensure_chargeable,
    from_paypal,
    from_stripe,
    to_paypal,
    to_stripe,
)

STRIPE_ZERO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()
STRIPE_THREE_DECIMALS = "BHD JOD KWD OMR TND".split()
STRIPE_WHOLE_IN_TWO_DECIMALS = "ISK UGX".split()
PAYPAL_NO_DECIMALS = "HUF JPY TWD".split()
SPECIAL_AT_STRIPE = {
    *STRIPE_ZERO_DECIMALS,
    *STRIPE_THREE_DECIMALS,
    *STRIPE_WHOLE_IN_TWO_DECIMALS,
    *("CLF", "IQD", "LYD", "UYI", "UYW"),
}
Wire = TypeVar("Wire")
MINORS = st.integers(min_value=1, max_value=10**8)


@pytest.mark.parametrize("currency", STRIPE_ZERO_DECIMALS)
def test_stripe_takes_a_zero_decimal_currency_in_whole_units(currency: str) -> None:
    assert to_stripe(Money.parse("1500", currency)) == 1500
    assert from_stripe(1500, currency.lower()) == Money.parse("1500", currency)


@pytest.mark.parametrize("currency", STRIPE_THREE_DECIMALS)
def test_stripe_takes_a_three_decimal_currency_in_thousandths(currency: str) -> None:
    assert to_stripe(Money.parse("10.010", currency)) == 10010
    assert from_stripe(10010, currency.lower()) == Money.parse("10.010", currency)


@pytest.mark.parametrize("currency", STRIPE_THREE_DECIMALS)
def test_stripe_takes_no_thousandth_that_does_not_end_in_0(currency: str) -> None:
    money = Money.parse("10.005", currency)

    with pytest.raises(UnrepresentableAmount, match="Stripe cannot charge"):
        to_stripe(money)


@pytest.mark.parametrize("currency", STRIPE_WHOLE_IN_TWO_DECIMALS)
def test_stripe_takes_a_whole_currency_of_its_special_cases_in_hundredths(currency: str) -> None:
    assert to_stripe(Money.parse("15", currency)) == 1500
    assert from_stripe(1500, currency.lower()) == Money.parse("15", currency)


@pytest.mark.parametrize("currency", sorted(set(EXPONENTS) - SPECIAL_AT_STRIPE))
def test_stripe_takes_every_other_currency_in_hundredths(currency: str) -> None:
    assert to_stripe(Money.parse("19.99", currency)) == 1999
    assert from_stripe(1999, currency.lower()) == Money.parse("19.99", currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("0", "USD"),
        ("1.50", "MGA"),  # half of what Stripe cannot halve
        ("1000000.00", "USD"),  # nine digits
        ("100000000", "JPY"),
        ("1000000", "ISK"),  # nine digits in Stripe's hundredths
        ("5.000", "IQD"),  # Stripe says nowhere whether these are thousandths
        ("5.000", "LYD"),
        ("5.0000", "CLF"),
        ("5", "UYI"),
        ("5.0000", "UYW"),
    ],
)
def test_what_stripe_cannot_carry_exactly_is_refused(text: str, currency: str) -> None:
    money = Money.parse(text, currency)

    with pytest.raises(UnrepresentableAmount, match="Stripe cannot charge"):
        to_stripe(money)


@pytest.mark.parametrize(
    ("money", "units"),
    [
        (Money(1, "USD"), 1),
        (Money(99_999_999, "USD"), 99_999_999),
        (Money(99_999_999, "JPY"), 99_999_999),
        (Money(99_999_990, "KWD"), 99_999_990),
        (Money(999_999, "ISK"), 99_999_900),
    ],
)
def test_stripe_takes_up_to_eight_digits(money: Money, units: int) -> None:
    assert to_stripe(money) == units


@pytest.mark.parametrize("currency", PAYPAL_NO_DECIMALS)
def test_paypal_takes_a_currency_without_decimals_in_whole_units(currency: str) -> None:
    assert to_paypal(Money.parse("1500", currency)) == "1500"
    assert from_paypal("1500", currency) == Money.parse("1500", currency)


@pytest.mark.parametrize("currency", sorted(PAYPAL_CURRENCIES - set(PAYPAL_NO_DECIMALS)))
def test_paypal_takes_every_other_currency_with_two_decimals(currency: str) -> None:
    assert to_paypal(Money.parse("64.1", currency)) == "64.10"
    assert from_paypal("64.10", currency) == Money.parse("64.10", currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("0", "USD"),
        ("1000.50", "HUF"),  # ISO has the fillér, PayPal does not
        ("10.50", "TWD"),
        ("1000", "KRW"),  # not offered
        ("10.005", "KWD"),
        ("10", "RUB"),
    ],
)
def test_what_paypal_cannot_carry_exactly_is_refused(text: str, currency: str) -> None:
    money = Money.parse(text, currency)

    with pytest.raises(UnrepresentableAmount, match="PayPal cannot charge"):
        to_paypal(money)


@pytest.mark.parametrize("write", [to_stripe, to_paypal])
def test_nobody_is_charged_less_than_nothing(write: Callable[[Money], object]) -> None:
    with pytest.raises(UnrepresentableAmount):
        write(Money(-100, "USD"))


def test_the_negative_sign_of_a_paypal_refund_is_dropped() -> None:
    assert from_paypal("-0.01", "USD") == Money(1, "USD")


@pytest.mark.parametrize(
    ("value", "currency"),
    [("--1.00", "USD"), ("1.005", "USD"), ("1,00", "USD"), ("", "USD"), ("1.00", "usd")],
)
def test_a_paypal_amount_that_makes_no_sense_is_refused(value: str, currency: str) -> None:
    with pytest.raises(InvalidMoney):
        from_paypal(value, currency)


@pytest.mark.parametrize(
    ("units", "currency"),
    [(-1, "usd"), (10**18, "usd"), (1550, "isk"), (100, "xyz"), (100, "")],
)
def test_a_stripe_amount_that_makes_no_sense_is_refused(units: int, currency: str) -> None:
    with pytest.raises(InvalidMoney):
        from_stripe(units, currency)


@pytest.mark.parametrize(
    ("money", "taker", "refuser"),
    [
        (Money(1000, "KRW"), Provider.STRIPE, Provider.PAYPAL),
        (Money(10**12, "USD"), Provider.PAYPAL, Provider.STRIPE),
    ],
)
def test_a_provider_is_asked_only_for_what_it_can_carry(
    money: Money, taker: Provider, refuser: Provider
) -> None:
    ensure_chargeable(money, taker)

    with pytest.raises(UnrepresentableAmount):
        ensure_chargeable(money, refuser)


@given(MINORS, st.sampled_from(sorted(EXPONENTS)))
def test_what_stripe_is_told_reads_back_as_the_same_money(minor: int, currency: str) -> None:
    money = Money(minor, currency)

    units = unless_refused(to_stripe, money)

    assert units is None or from_stripe(units, currency.lower()) == money


@given(MINORS, st.sampled_from(sorted(PAYPAL_CURRENCIES)))
def test_what_paypal_is_told_reads_back_as_the_same_money(minor: int, currency: str) -> None:
    money = Money(minor, currency)

    value = unless_refused(to_paypal, money)

    assert value is None or from_paypal(value, currency) == money


@given(
    st.integers(min_value=1, max_value=999_999).map(lambda tens: tens * 100),
    st.sampled_from(sorted(set(EXPONENTS) - {"CLF", "IQD", "LYD", "UYI", "UYW"})),
)
def test_what_stripe_tells_is_what_stripe_would_be_told(units: int, currency: str) -> None:
    money = from_stripe(units, currency.lower())

    assert to_stripe(money) == units


def unless_refused(write: Callable[[Money], Wire], money: Money) -> Wire | None:
    try:
        return write(money)
    except UnrepresentableAmount:
        return None
