"""Money as an integer of minor units with its currency."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from shared.domain.currencies import EXPONENTS
from shared.domain.errors import InvalidMoney

LARGEST: Final = 2**63 - 1
"""Minor units that a row can hold."""

_DECIMAL = re.compile(r"([0-9]{1,15})(?:\.([0-9]+))?")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (1999 of USD is 19.99) and its ISO 4217 alphabetic code."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        """Refuse a currency that ISO 4217 does not have."""
        exponent_of(self.currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """Read a decimal text in major units, such as "19.99".

        Raises InvalidMoney for anything else than plain digits, more decimals than the currency
        has (zeros at the end do not count), or an unknown currency: an amount is never rounded.
        """
        plain = _DECIMAL.fullmatch(text)
        if plain is None:
            raise InvalidMoney(f'"{text[:40]}" is not a decimal amount such as "19.99"')
        exponent = exponent_of(currency)
        whole, decimals = plain[1], (plain[2] or "").rstrip("0")
        if len(decimals) > exponent:
            raise InvalidMoney(f"{currency} has {exponent} decimals; {text[:40]} has more")
        units = int(whole + decimals.ljust(exponent, "0"))
        if units > LARGEST:
            raise InvalidMoney(f"{text[:40]} {currency} is more than can be charged")
        return cls(units, currency)

    @property
    def major(self) -> str:
        """The amount in major units with all decimals of its currency, such as "19.90"."""
        return decimal_text(self.amount_minor, exponent_of(self.currency))

    def __str__(self) -> str:
        """For people and logs: "19.90 USD"."""
        return f"{self.major} {self.currency}"


def exponent_of(currency: str) -> int:
    """Decimals of the currency's minor unit; InvalidMoney where ISO 4217 has no such code."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise InvalidMoney(f'"{currency[:10]}" is not an ISO 4217 currency') from None


def decimal_text(units: int, exponent: int) -> str:
    """Units of 10^-exponent as a decimal text: 1990 of exponent 2 is "19.90"."""
    # Decimal's constructor is exact at any size; its arithmetic rounds to 28 digits.
    return f"{Decimal(f'{units}e-{exponent}'):f}"
