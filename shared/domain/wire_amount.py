"""How each provider writes an amount, where that differs from ISO 4217."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from shared.domain.charge import Provider
from shared.domain.errors import UnrepresentableAmount
from shared.domain.money import Money, decimal_text, exponent_of

STRIPE_EXPONENTS: Final = {"ISK": 2, "UGX": 2, "MGA": 0}
"""Stripe's decimals where they are not ISO's (docs.stripe.com/currencies, special cases)."""

STRIPE_STEPS: Final = {"BHD": 10, "JOD": 10, "KWD": 10, "OMR": 10, "TND": 10}
"""Stripe's smallest step in its own units: a three-decimal amount ends in 0."""

STRIPE_UNLISTED: Final = frozenset({"CLF", "IQD", "LYD", "UYI", "UYW"})
"""ISO's decimals are not two, and Stripe does not say what it takes them for: not guessed."""

STRIPE_LARGEST: Final = 99_999_999
"""Eight digits in Stripe's units."""

PAYPAL_CURRENCIES: Final = frozenset(
    "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS JPY MXN MYR NOK NZD PHP PLN SEK SGD THB TWD"
    " USD".split()
)
"""What PayPal holds (developer.paypal.com/reference/currency-codes)."""

PAYPAL_EXPONENTS: Final = {"HUF": 0, "JPY": 0, "TWD": 0}
"""PayPal's decimals where they are not two."""


def to_stripe(money: Money) -> int:
    """The amount in Stripe's smallest unit; UnrepresentableAmount where it cannot be exact."""
    units = _scaled(money, _stripe_exponent(money.currency))
    if units is None or not _is_stripe_amount(units, money.currency):
        raise UnrepresentableAmount(f"Stripe cannot charge {money}")
    return units


def from_stripe(units: int, currency: str) -> Money:
    """Money from Stripe's smallest unit and its lower-case currency code."""
    code = currency.upper()
    return Money.parse(decimal_text(units, _stripe_exponent(code)), code)


def to_paypal(money: Money) -> str:
    """The decimal text that PayPal takes; UnrepresentableAmount where it cannot be exact."""
    exponent = PAYPAL_EXPONENTS.get(money.currency, 2)
    units = _scaled(money, exponent)
    if units is None or units <= 0 or money.currency not in PAYPAL_CURRENCIES:
        raise UnrepresentableAmount(f"PayPal cannot charge {money}")
    return decimal_text(units, exponent)


def from_paypal(value: str, currency: str) -> Money:
    """Money from PayPal's decimal text; a refund's negative sign is dropped."""
    return Money.parse(value.removeprefix("-"), currency)


def ensure_chargeable(money: Money, provider: Provider) -> None:
    """Raise UnrepresentableAmount where the provider cannot carry the amount exactly."""
    _WRITERS[provider](money)


def _stripe_exponent(currency: str) -> int:
    return STRIPE_EXPONENTS.get(currency, exponent_of(currency))


def _is_stripe_amount(units: int, currency: str) -> bool:
    is_listed = currency not in STRIPE_UNLISTED
    return is_listed and 0 < units <= STRIPE_LARGEST and not units % STRIPE_STEPS.get(currency, 1)


def _scaled(money: Money, exponent: int) -> int | None:
    # Decimal's constructor is exact at any size; its arithmetic rounds to 28 digits.
    scaled = Decimal(f"{money.amount_minor}e{exponent - exponent_of(money.currency)}")
    return int(scaled) if scaled == scaled.to_integral_value() else None


_WRITERS: Final = {Provider.STRIPE: to_stripe, Provider.PAYPAL: to_paypal}
