"""Money taken by another program of the merchant's, in the name of an order or charge of ours."""

from collections.abc import Callable
from typing import Any

import requests

from shared.domain.charge import Provider
from shared.domain.money import Money
from tests.reconciliation.workshop import PRICE, Workshop


def pay_elsewhere(
    workshop: Workshop, money: Money = PRICE, card: str = "pm_card_visa", **metadata: str
) -> str:
    """Let another program of the merchant's take money at Stripe; the PaymentIntent's id."""
    form = {
        "amount": str(money.amount_minor),
        "currency": money.currency.lower(),
        "payment_method": card,
        "confirm": "true",
        "payment_method_types[0]": "card",
        **{f"metadata[{name}]": value for name, value in metadata.items()},
    }
    return str(workshop.ask_stripe("/v1/payment_intents", form)["id"])


def _by_stripe(workshop: Workshop, order: str, money: Money) -> str:
    return pay_elsewhere(workshop, money, order=order)


def _by_paypal(workshop: Workshop, order: str, money: Money) -> str:
    amount = {"value": money.major, "currency_code": money.currency}
    unit = {"custom_id": order, "amount": amount}
    made = _ask_paypal(workshop, "", {"intent": "CAPTURE", "purchase_units": [unit]})
    workshop.control.approve_paypal(made["id"], payer="pays")
    _ask_paypal(workshop, f"/{made['id']}/capture", {})
    return str(made["id"])


def _ask_paypal(workshop: Workshop, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = requests.post(
        f"{workshop.deps.settings.paypal_api_base}/v2/checkout/orders{path}",
        json=body,
        headers={"Authorization": f"Bearer {workshop.paypal_token()}"},
        timeout=30,
    )
    assert answer.ok, answer.text
    return dict(answer.json())


TAKE: dict[Provider, Callable[[Workshop, str, Money], str]] = {
    Provider.STRIPE: _by_stripe,
    Provider.PAYPAL: _by_paypal,
}
"""Takes money in an order's name; the id of what `fetch` reads."""
