"""PayPal's rules for writing amounts."""

import re
from dataclasses import dataclass
from decimal import Decimal

from sandbox.paypal.problems import Problem, unprocessable

# "All two-decimal except HUF, JPY, TWD" [D], whatever ISO 4217 says of the first and the last.
WITHOUT_DECIMALS = frozenset({"HUF", "JPY", "TWD"})
SUPPORTED = frozenset(
    "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS JPY MXN MYR NOK NZD PHP PLN SEK SGD THB"
    " TWD USD".split()
)
_WRITTEN = re.compile(r"-?\d{1,15}(\.(?P<decimals>\d{1,15}))?")
_ISO_EXPONENTS = {"JPY": 0}
_PERCENT_FEE, _FIXED_FEE = Decimal("0.0349"), Decimal(49)


@dataclass(frozen=True)
class Money:
    """An amount in ISO 4217 minor units: HUF and TWD have two, though PayPal writes none."""

    minor: int
    currency: str

    @property
    def value(self) -> str:
        """The amount as PayPal writes it: `10.00` USD, `1000` JPY."""
        major = Decimal(self.minor).scaleb(-_ISO_EXPONENTS.get(self.currency, 2))
        return f"{major:.0f}" if self.currency in WITHOUT_DECIMALS else f"{major:.2f}"

    def __sub__(self, other: "Money") -> "Money":
        assert self.currency == other.currency
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)


def parse_money(value: str, currency: str, field: str) -> Money:
    """Read an amount off the wire or raise the 422 PayPal would give for it."""
    written = _WRITTEN.fullmatch(value)
    if currency not in SUPPORTED:
        raise unprocessable("CURRENCY_NOT_SUPPORTED", field=field, value=currency)
    if written is None:
        raise unprocessable("INVALID_PARAMETER_SYNTAX", field=field, value=value)
    if problem := _precision_problem(written["decimals"] or "", currency, field, value):
        raise problem
    if Decimal(value) <= 0:
        raise unprocessable("CANNOT_BE_ZERO_OR_NEGATIVE", field=field, value=value)
    return Money(int(Decimal(value).scaleb(_ISO_EXPONENTS.get(currency, 2))), currency)


def _precision_problem(decimals: str, currency: str, field: str, value: str) -> Problem | None:
    if currency in WITHOUT_DECIMALS and decimals.strip("0"):
        return unprocessable("DECIMALS_NOT_SUPPORTED", field=field, value=value)
    if len(decimals) > 2:  # noqa: PLR2004 - the two of "two-decimal"
        return unprocessable("DECIMAL_PRECISION", field=field, value=value)
    return None


def fee_of(amount: Money) -> Money:
    """PayPal's fee on a capture: an assumption, 3.49 % rounded half up plus 49 minor units."""
    fee = int(Decimal(amount.minor) * _PERCENT_FEE + Decimal("0.5")) + int(_FIXED_FEE)
    step = 10 ** _ISO_EXPONENTS.get(amount.currency, 2) if _writes_no_decimals(amount) else 1
    return Money(min(fee // step * step, amount.minor), amount.currency)


def _writes_no_decimals(amount: Money) -> bool:
    return amount.currency in WITHOUT_DECIMALS
