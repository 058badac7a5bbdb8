"""The shapes of Stripe's objects when they are new."""

from collections.abc import Mapping
from typing import Any

from sandbox.reply import Json
from sandbox.stripe.instruments import Instrument
from sandbox.tenants import new_id

NO_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
NOBODY: Json = {"address": NO_ADDRESS, "email": None, "name": None, "phone": None, "tax_id": None}

INTENT_BLANKS = (
    "application application_fee_amount canceled_at cancellation_reason customer description "
    "excluded_payment_method_types last_payment_error latest_charge next_action on_behalf_of "
    "payment_method payment_method_configuration_details processing receipt_email review "
    "setup_future_usage shipping source statement_descriptor statement_descriptor_suffix "
    "transfer_data transfer_group automatic_payment_methods customer_account"
).split()

CHARGE_BLANKS = (
    "application application_fee application_fee_amount balance_transaction "
    "calculated_statement_descriptor customer description failure_balance_transaction "
    "failure_code failure_message on_behalf_of receipt_email receipt_number receipt_url review "
    "shipping source source_transfer statement_descriptor statement_descriptor_suffix "
    "transfer_data transfer_group payment_intent payment_method"
).split()


def payment_intent(given: Mapping[str, Any], now: float) -> Json:
    """Return a new PaymentIntent around its given members."""
    intent_id = new_id("pi_3")
    return {
        "id": intent_id,
        "object": "payment_intent",
        **dict.fromkeys(INTENT_BLANKS),
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "capture_method": "automatic_async",
        "client_secret": f"{intent_id}_secret_{new_id('', 25)}",
        "confirmation_method": "automatic",
        "created": int(now),
        "livemode": False,
        "metadata": {},
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        **given,
    }


def charge(given: Mapping[str, Any], instrument: Instrument, now: float) -> Json:
    """Return a new Charge, not yet judged."""
    return {
        "id": new_id("py_3" if instrument.kind == "sepa_debit" else "ch_3"),
        "object": "charge",
        **dict.fromkeys(CHARGE_BLANKS),
        "amount_captured": 0,
        "amount_refunded": 0,
        "billing_details": NOBODY,
        "captured": False,
        "created": int(now),
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "outcome": None,
        "paid": False,
        "payment_method_details": {
            "type": instrument.kind,
            instrument.kind: method_details(instrument),
        },
        "radar_options": {},
        "refunded": False,
        "status": "pending",
        **given,
    }


def payment_method(instrument: Instrument, given: Mapping[str, Any], now: float) -> Json:
    """Return a new PaymentMethod."""
    return {
        "id": new_id("pm_1"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": NOBODY,
        instrument.kind: method_details(instrument),
        "created": int(now),
        "customer": None,
        "livemode": False,
        "metadata": {},
        "type": instrument.kind,
        **given,
    }


def method_details(instrument: Instrument) -> Json:
    """Return how a card or a bank account shows itself."""
    if instrument.kind == "sepa_debit":
        return {"bank_code": "19043", "country": "AT", "last4": "3201", "fingerprint": "sepa"}
    return {
        "brand": instrument.brand,
        "checks": {"address_line1_check": None, "cvc_check": "pass"},
        "country": "US",
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": f"{instrument.brand}{instrument.last4}",
        "funding": instrument.funding,
        "last4": instrument.last4,
        "network": instrument.brand,
        "three_d_secure": None,
        "wallet": None,
    }


def refund(given: Mapping[str, Any], now: float) -> Json:
    """Return a new Refund."""
    return {
        "id": new_id("re_3"),
        "object": "refund",
        "balance_transaction": None,
        "created": int(now),
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": {},
        "reason": None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
        **given,
    }


def dispute(given: Mapping[str, Any], now: float) -> Json:
    """Return a new Dispute."""
    return {
        "id": new_id("du_1"),
        "object": "dispute",
        "balance_transactions": [],
        "created": int(now),
        "enhanced_eligibility_types": [],
        "evidence": {},
        "evidence_details": {
            "due_by": int(now) + 7 * 86400,
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "network_reason_code": "10.4",
        "reason": "fraudulent",
        "status": "needs_response",
        **given,
    }


def balance_transaction(given: Mapping[str, Any], now: float) -> Json:
    """Return a new BalanceTransaction; `net` is what remains after the fee."""
    fee = int(given.get("fee", 0))
    return {
        "id": new_id("txn_3"),
        "object": "balance_transaction",
        "available_on": int(now) + 2 * 86400,
        "created": int(now),
        "description": None,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [],
        "net": int(given["amount"]) - fee,
        "reporting_category": given["type"],
        "status": "pending",
        **given,
    }
