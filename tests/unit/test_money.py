"""Money: exact between texts and minor units, and deaf to everything that is no amount."""

from fractions import Fraction

import iso4217
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.currencies import EXPONENTS
from shared.domain.errors import InvalidMoney
from shared.domain.money import LARGEST, Money, decimal_text

CURRENCIES = st.sampled_from(sorted(EXPONENTS))
MINORS = st.integers(min_value=0, max_value=10**15 - 1)


def test_the_decimals_of_every_currency_are_those_that_iso_4217_publishes() -> None:
    published = {currency.value: currency.exponent for currency in iso4217.Currency}

    with_minor_unit = {code: places for code, places in published.items() if places is not None}

    assert with_minor_unit == EXPONENTS


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("19.99", "USD", 1999),
        ("0.29", "USD", 29),
        ("64.10", "EUR", 6410),
        ("1000", "JPY", 1000),
        ("10.005", "KWD", 10005),
        ("1.0001", "CLF", 10001),
        ("1.1", "USD", 110),
        ("0", "USD", 0),
        ("007", "USD", 700),
        ("5.0000", "USD", 500),
        ("1000.00", "JPY", 1000),
        ("999999999999999.99", "USD", 99999999999999999),
    ],
)
def test_a_decimal_text_becomes_exactly_its_minor_units(
    text: str, currency: str, minor: int
) -> None:
    money = Money.parse(text, currency)

    assert money == Money(minor, currency)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        ".5",
        "5.",
        "1e3",
        "1E3",
        "1.5e-1",
        "-1",
        "+1",
        "--1",
        "NaN",
        "sNaN",
        "Infinity",
        "inf",
        " 1",
        "1 ",
        "1\n",
        "1\x00",
        "1 000",
        "1,000",
        "1,50",
        "1_000",
        "1.2.3",
        "0x10",
        "$1",
        "1 USD",
        "١٢",  # Arabic-Indic digits, which int() and Decimal() would take
        "１.５０",  # full-width digits
        "1.٥",
        "²",
        "1" * 16,
        "9" * 100_000,
    ],
)
def test_a_text_that_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(InvalidMoney, match="is not a decimal amount"):
        Money.parse(text, "USD")


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("1.999", "USD"),
        ("1.5", "JPY"),
        ("10.0055", "KWD"),
        ("0.001", "USD"),
        ("1." + "0" * 30 + "1", "USD"),
        ("999999999999999." + "0" * 40 + "1", "USD"),
        ("0." + "0" * 100_000 + "1", "USD"),
    ],
)
def test_an_amount_with_more_decimals_than_its_currency_is_refused_and_never_rounded(
    text: str, currency: str
) -> None:
    with pytest.raises(InvalidMoney, match="has more"):
        Money.parse(text, currency)


@pytest.mark.parametrize("code", ["usd", "Usd", "US", "USDT", "", "XAU", "XXX", "XTS", "USD "])
def test_a_currency_that_iso_4217_does_not_circulate_is_refused(code: str) -> None:
    with pytest.raises(InvalidMoney, match="is not an ISO 4217 currency"):
        Money(100, code)


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(1999, "USD"), "19.99 USD"),
        (Money(29, "USD"), "0.29 USD"),
        (Money(6410, "EUR"), "64.10 EUR"),
        (Money(1000, "JPY"), "1000 JPY"),
        (Money(10005, "KWD"), "10.005 KWD"),
        (Money(0, "USD"), "0.00 USD"),
        (Money(-5, "USD"), "-0.05 USD"),
        (Money(10**30 + 1, "USD"), "1" + "0" * 28 + ".01 USD"),
    ],
)
def test_money_prints_all_decimals_of_its_currency(money: Money, text: str) -> None:
    printed = str(money)

    assert printed == text


@given(MINORS, CURRENCIES)
def test_what_is_printed_is_read_back_as_the_same_money(minor: int, currency: str) -> None:
    money = Money(minor, currency)

    again = Money.parse(money.major, currency)

    assert again == money


@given(st.text(max_size=30), CURRENCIES)
def test_any_text_is_either_refused_or_worth_exactly_what_it_says(text: str, currency: str) -> None:
    try:
        money = Money.parse(text, currency)
    except InvalidMoney:
        return

    said, meant = text.partition("."), money.major.partition(".")

    assert int(said[0]) == int(meant[0])
    assert said[2].rstrip("0") == meant[2].rstrip("0")


@example(922337203685478, "", "UYW")  # four decimals: more than can be charged
@given(
    st.integers(min_value=0, max_value=10**15 - 1),
    st.text(alphabet="0123456789", max_size=40),
    CURRENCIES,
)
def test_a_decimal_is_taken_just_when_its_currency_has_the_places(
    whole: int, decimals: str, currency: str
) -> None:
    text = f"{whole}.{decimals}" if decimals else str(whole)
    units = Fraction(text) * 10 ** EXPONENTS[currency]
    fits = units.denominator == 1 and units <= LARGEST

    try:
        taken = bool(Money.parse(text, currency))
    except InvalidMoney:
        taken = False

    assert taken is fits


@given(st.integers(), st.integers(min_value=0, max_value=4))
def test_units_are_written_without_loss_at_any_size(units: int, exponent: int) -> None:
    text = decimal_text(units, exponent)

    assert int(text.replace(".", "")) == units
    assert len(text.partition(".")[2]) == exponent
