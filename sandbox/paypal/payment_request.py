"""The strict reading of v1 payments with their execution."""

from collections.abc import Mapping
from typing import Any

from sandbox.paypal.members import Several, Text, choice, demand, members
from sandbox.paypal.money import parse_money
from sandbox.paypal.objects import Unit
from sandbox.paypal.order_request import CURRENCY, URL, VALUE

_DETAILS = members(
    **dict.fromkeys(
        ["subtotal", "shipping", "tax", "handling_fee", "shipping_discount", "insurance"], VALUE
    )
)
AMOUNT = members("total currency", total=VALUE, currency=CURRENCY, details=_DETAILS)
_ITEM = members(
    "name quantity price currency",
    name=Text(127),
    quantity=Text(10, r"\d+"),
    price=VALUE,
    currency=CURRENCY,
    sku=Text(127),
    description=Text(127),
    tax=VALUE,
)
_TRANSACTION = members(
    "amount",
    reference_id=Text(256),
    amount=AMOUNT,
    payee=members(email=Text(254), merchant_id=Text(13)),
    description=Text(127),
    note_to_payee=Text(255),
    custom=Text(127),
    invoice_number=Text(127),
    soft_descriptor=Text(22),
    payment_options=members(
        allowed_payment_method=choice("UNRESTRICTED", "INSTANT_FUNDING_SOURCE", "IMMEDIATE_PAY")
    ),
    item_list=members(items=Several(_ITEM)),
)
_PAYMENT = members(
    "intent payer transactions redirect_urls",
    intent=choice("sale"),
    payer=members("payment_method", payment_method=choice("paypal")),
    transactions=Several(_TRANSACTION, most=1),
    redirect_urls=members("return_url cancel_url", return_url=URL, cancel_url=URL),
    note_to_payer=Text(165),
    experience_profile_id=Text(50),
)
_EXECUTION = members(
    "payer_id",
    payer_id=Text(13, "[A-Z0-9]{13}"),
    transactions=Several(members("amount", amount=AMOUNT), most=1),
)


def read_payment(body: object) -> dict[str, Any]:
    """Check a whole payment, give it back as a dictionary of known members."""
    demand(_PAYMENT, body)
    assert isinstance(body, dict)
    return body


def read_transactions(body: Mapping[str, Any]) -> tuple[Unit, ...]:
    """Read the transactions; PayPal takes exactly one."""
    return tuple(
        _read_transaction(wire, f"/transactions/{index}")
        for index, wire in enumerate(body["transactions"])
    )


def read_execution(body: object) -> str:
    """Check the body of an execution, give the payer id it names."""
    demand(_EXECUTION, body)
    assert isinstance(body, dict)
    return str(body["payer_id"])


def _read_transaction(wire: Mapping[str, Any], at: str) -> Unit:
    amount = wire["amount"]
    return Unit(
        reference_id=wire.get("reference_id", "default"),
        amount=parse_money(amount["total"], amount["currency"], f"{at}/amount/total"),
        custom_id=wire.get("custom"),
        invoice_id=wire.get("invoice_number"),
        wire=wire,
    )
