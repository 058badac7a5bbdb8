"""The forms of PayPal's identifiers."""

import secrets
import string

_ALPHABET = string.digits + string.ascii_uppercase


def _letters(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def transaction_id() -> str:
    """Name an order, capture, refund or sale: 17 capitals or digits."""
    return _letters(17)


def payment_id() -> str:
    """Name a v1 payment."""
    return f"PAYID-{_letters(26)}"


def event_id() -> str:
    """Name a webhook event."""
    return f"WH-{_letters(17)}-{_letters(17)}"


def dispute_id() -> str:
    """Name a dispute."""
    return f"PP-D-{secrets.randbelow(90_000) + 10_000}"


def debug_id() -> str:
    """Name one request, as `Paypal-Debug-Id` does."""
    return secrets.token_hex(7)[:13]


def access_token() -> str:
    """Give a bearer token."""
    return "A21AA" + secrets.token_urlsafe(60)
