"""Orders as a buyer's browser makes them, in good or bad faith."""

import uuid
from dataclasses import replace
from typing import Any

from shared.domain import outcomes as o
from shared.domain.charge import PayPalCheckout, PayPalOrder
from shared.providers.base import ChargeRequest
from tests.contract.paypal_rig import PayPalRig
from tests.contract.rig import PRICE


def perform(paypal: PayPalRig, request: ChargeRequest, key: str | None = None) -> o.Outcome:
    """Freeze the call of a charge, and send it."""
    call = paypal.adapter.freeze(request)
    return paypal.adapter.perform(call, request.instrument, key or str(uuid.uuid4()))


def buyers_order(paypal: PayPalRig, *units: dict[str, Any], payer: str = "pays") -> PayPalOrder:
    """An order that the buyer's browser created and approved, as it pleased."""
    body = {"intent": "CAPTURE", "purchase_units": list(units)}
    order_id = str(paypal.api.send("v2/checkout/orders", body, str(uuid.uuid4()))["id"])
    paypal.control.approve_paypal(order_id, payer=payer)
    return PayPalOrder(order_id)


def unit(value: str = "19.99", currency: str = "USD", **members: Any) -> dict[str, Any]:
    """What one thing of an order costs."""
    return {"amount": {"value": value, "currency_code": currency}, **members}


def new_request(instrument: PayPalOrder | PayPalCheckout) -> ChargeRequest:
    """A new charge of a new order."""
    return ChargeRequest(uuid.uuid4(), uuid.uuid4(), PRICE, instrument)


def ordered(paypal: PayPalRig, **members: Any) -> ChargeRequest:
    """A charge by an order that is what it should be, but for these members."""
    request = new_request(PayPalOrder("UNSET"))
    given = {"custom_id": str(request.order)} | members
    return replace(request, instrument=buyers_order(paypal, unit(**given)))
