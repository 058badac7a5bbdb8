"""Secrets in the core: values that a log line or a traceback may print."""

import pytest

from shared.domain.charge import PayPalCheckout, PayPalOrder, PayPalPayment, StripeToken
from shared.domain.outcomes import NextAction


@pytest.mark.parametrize(
    "value",
    [
        StripeToken("tell-nobody"),
        PayPalOrder("tell-nobody"),
        PayPalPayment("tell-nobody", "tell-nobody"),
        PayPalCheckout(),
        NextAction("stripe_sdk", client_secret="tell-nobody"),
    ],
)
def test_no_repr_shows_a_secret(value: object) -> None:
    assert "tell-nobody" not in f"{value!r}{value}"
