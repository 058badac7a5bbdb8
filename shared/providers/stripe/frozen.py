"""The frozen call of a Stripe charge, complete but for the instrument."""

from __future__ import annotations

from typing import Final

from shared.domain.charge import Instrument, Operation, StripeToken
from shared.domain.wire_amount import to_stripe
from shared.providers.base import ChargeRequest, FrozenCall, JsonObject
from shared.providers.stripe.config import API_VERSION

INSTRUMENT: Final = "{instrument}"
"""Stands in a frozen body where the buyer's token or PaymentMethod goes."""


def freeze(request: ChargeRequest) -> FrozenCall:
    """Fix the parameters of a charge.

    A `tok_…` becomes a PaymentMethod first, in a call of its own: `payment_method_data` with a
    card's token works, but is not in the API's published surface. The buyer is present, so that
    3-D Secure comes back as an action instead of a decline.
    """
    is_token = token_of(request.instrument).startswith("tok_")
    metadata = {"charge": str(request.charge), "order": str(request.order)}
    method = {"type": "card", "card": {"token": INSTRUMENT}, "metadata": metadata}
    body: JsonObject = {
        "api_version": API_VERSION,
        "account": request.account,
        "payment_method": method if is_token else None,
        "payment_intent": {
            "amount": to_stripe(request.money),
            "currency": request.money.currency.lower(),
            "payment_method": INSTRUMENT,
            "confirm": True,
            # The buyer's page answers 3-D Secure with Stripe.js and the client secret.
            "use_stripe_sdk": True,
            # Whatever the account takes, SEPA debits included, but nothing that leaves our page.
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "description": f"Order {request.order}",
            "metadata": metadata,
            "expand": ["latest_charge"],
        },
    }
    return FrozenCall(Operation.STRIPE_PAYMENT, body)


def token_of(instrument: Instrument) -> str:
    """The `tok_…` or `pm_…`; TypeError for what another provider would take."""
    if not isinstance(instrument, StripeToken):
        raise TypeError(f"Stripe cannot charge a {type(instrument).__name__}")
    return instrument.token


def filled(params: JsonObject, instrument: str) -> JsonObject:
    """The parameters with the instrument in its place."""
    return {
        name: filled(value, instrument)
        if isinstance(value, dict)
        else (instrument if value == INSTRUMENT else value)
        for name, value in params.items()
    }
