"""What a scripted PayPal shows of one purchase, in the words of v2 or v1."""

import uuid
from typing import Any

from shared.domain import outcomes as o
from shared.domain.charge import Instrument, PayPalOrder, PayPalPayment
from shared.providers.base import ChargeRequest
from shared.providers.paypal import PayPalProvider
from tests.contract.paypal_script import ScriptedPayPal
from tests.contract.rig import PRICE

ORDER = "/v2/checkout/orders/O1"
CAPTURE = f"{ORDER}/capture"
PAYMENT = "/v1/payments/payment/PAYID-1"
EXECUTE = f"{PAYMENT}/execute"
US, CHARGE = uuid.uuid4(), uuid.uuid4()
AMOUNT = {"currency_code": "USD", "value": "19.99"}
TOTAL = {"currency": "USD", "total": "19.99"}
BY_ORDER, BY_PAYMENT = PayPalOrder("O1"), PayPalPayment("PAYID-1", "PAYER13")


def order(status: str = "APPROVED", *captures: dict[str, Any], **members: Any) -> dict[str, Any]:
    """An order as v2 shows it."""
    unit = {"amount": AMOUNT, "custom_id": str(US), "payments": {"captures": list(captures)}}
    return {"id": "O1", "intent": "CAPTURE", "status": status, "purchase_units": [unit]} | members


def capture(status: str = "COMPLETED", **members: Any) -> dict[str, Any]:
    """A capture as it stands in an order."""
    return {"id": "C1", "status": status, "amount": AMOUNT} | members


def payment(state: str = "created", *sales: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A payment as v1 shows it."""
    related = [{"sale": sale} for sale in sales]
    transaction = {"amount": TOTAL, "custom": str(US), "related_resources": related}
    return {"id": "PAYID-1", "intent": "sale", "state": state, "transactions": [transaction]} | (
        members
    )


def perform(paypal: ScriptedPayPal, instrument: Instrument = BY_ORDER) -> o.Outcome:
    """Charge by an instrument, at a scripted PayPal."""
    adapter = PayPalProvider(paypal.config())
    call = adapter.freeze(ChargeRequest(CHARGE, US, PRICE, instrument))
    return adapter.perform(call, instrument, "key")
