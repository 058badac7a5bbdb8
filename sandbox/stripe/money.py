"""Which amounts Stripe takes in which currency."""

from sandbox.stripe.errors import invalid, malformed

MINIMUMS = {
    "usd": 50, "eur": 50, "cad": 50, "aud": 50, "chf": 50, "nzd": 50, "sgd": 50, "brl": 50,
    "inr": 50, "gbp": 30, "jpy": 50, "hkd": 400, "dkk": 250, "nok": 300, "sek": 300, "pln": 200,
    "mxn": 1000, "czk": 1500, "huf": 17500, "myr": 200, "ron": 200, "thb": 1000, "aed": 200,
}  # fmt: skip
OTHERS = frozenset(
    "all amd ars awg azn bam bbd bdt bgn bif bmd bnd bob bsd bwp byn bzd clp cny cop crc cve djf "
    "dop dzd egp etb fjd gel gip gmd gnf gtq gyd hnl htg idr ils isk jmd kes kgs khr kmf krw kyd "
    "kzt lak lbp lkr lrd mad mdl mga mkd mmk mnt mop mur mvr mwk mzn nad ngn nio npr pab pen pgk "
    "php pkr pyg qar rsd rub rwf sar sbd sos szl tjs top try ttd twd tzs uah ugx uyu uzs vnd vuv "
    "wst xaf xcd xof xpf yer zar zmw bhd jod kwd omr tnd".split()
)
THREE_DECIMALS = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
WHOLE_UNITS_ONLY = frozenset({"isk", "ugx"})
LARGEST = 99_999_999
FEE_PER_MILLE = 29
FEE_FIXED = 30


def checked_amount(amount: int, currency: str) -> int:
    """Return the amount; StripeError when it is no amount a charge can have."""
    if amount < 1:
        raise malformed(
            "This value must be greater than or equal to 1.", "parameter_invalid_integer", "amount"
        )
    if amount > LARGEST:
        raise invalid("Amount must be no more than 999,999.99", "amount_too_large", "amount")
    if amount < MINIMUMS.get(currency, 1):
        text = f"Amount must be at least {MINIMUMS[currency]} in the minor unit of {currency}."
        raise invalid(text, "amount_too_small", "amount")
    if currency in THREE_DECIMALS and amount % 10:
        raise invalid("The last digit of a three-decimal amount must be 0.", param="amount")
    if currency in WHOLE_UNITS_ONLY and amount % 100:
        raise invalid(f"{currency} has no fractions: end in 00.", param="amount")
    return amount


def checked_currency(currency: str) -> str:
    """Return the currency in lower case; StripeError for an unknown one."""
    lowered = currency.lower()
    if lowered not in MINIMUMS and lowered not in OTHERS:
        known = ", ".join(sorted([*MINIMUMS, *OTHERS]))
        text = f"Invalid currency: {currency}. Stripe currently supports these currencies: {known}"
        raise malformed(text, param="currency")
    return lowered


def fee_of(amount: int) -> int:
    """Return what Stripe keeps of a charge: 2.9 % plus 30."""
    return min(amount, amount * FEE_PER_MILLE // 1000 + FEE_FIXED)
