"""The calls as they are frozen before their first try."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shared.domain.charge import (
    Instrument,
    Operation,
    PayPalCheckout,
    PayPalOrder,
    PayPalPayment,
    StripeToken,
)
from shared.domain.money import Money
from shared.domain.wire_amount import from_paypal, to_paypal
from shared.providers.base import ChargeRequest, FrozenCall, JsonObject
from shared.providers.paypal.agreement import Agreement
from shared.providers.paypal.config import PayPalConfig
from shared.providers.paypal.orders_v2 import read_order
from shared.providers.paypal.payments_v1 import read_payment

WITHHELD: Final = "{instrument}"
"""Stands in a frozen body where the payer's id goes; that stays encrypted in the charge's row."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where one of PayPal's two APIs keeps what a payer agreed to, and how it is carried out."""

    collection: str
    verb: str
    read: Callable[[JsonObject], Agreement]


ORDERS_V2: Final = Dialect("v2/checkout/orders", "capture", read_order)
PAYMENTS_V1: Final = Dialect("v1/payments/payment", "execute", read_payment)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must stand on the provider's object before it is captured."""

    money: Money
    payee: str | None
    references: frozenset[str]

    @classmethod
    def of(cls, call: FrozenCall) -> Expectation:
        """Read it back from a frozen call."""
        frozen = call.body["expected"]
        money = from_paypal(frozen["value"], frozen["currency_code"])
        return cls(money, frozen["payee"], frozenset(frozen["references"]))


@dataclass(frozen=True, slots=True)
class Target:
    """The agreement that a call carries out, with the POST that does it."""

    dialect: Dialect
    reference: str
    body: JsonObject
    is_ours: bool
    """We created it; otherwise the buyer named it."""

    @property
    def path(self) -> str:
        """Where it is read."""
        return f"{self.dialect.collection}/{self.reference}"

    @property
    def verb_path(self) -> str:
        """Where it is carried out."""
        return f"{self.path}/{self.dialect.verb}"


def freeze(request: ChargeRequest, config: PayPalConfig) -> FrozenCall:
    """Fix the call; UnrepresentableAmount where PayPal cannot carry the amount exactly."""
    expected = _expected(request, config)
    match request.instrument, request.provider_reference:
        case PayPalCheckout(), None:
            body: JsonObject = {"order": _order(request, config), "expected": expected}
            return FrozenCall(Operation.PAYPAL_ORDER_CREATE, body)
        case PayPalCheckout(), order_id:
            body = {"order_id": order_id, "expected": expected}
            return FrozenCall(Operation.PAYPAL_ORDER_CAPTURE, body)
        case PayPalOrder(), _:
            body = {"order_id": WITHHELD, "expected": expected}
            return FrozenCall(Operation.PAYPAL_ORDER_CAPTURE, body)
        case PayPalPayment(), _:
            body = {"payment_id": WITHHELD, "payer_id": WITHHELD, "expected": expected}
            return FrozenCall(Operation.PAYPAL_PAYMENT_EXECUTE, body)
        case _:
            raise TypeError("PayPal cannot charge this instrument")


def target_of(call: FrozenCall, instrument: Instrument) -> Target:
    """What a frozen capture or execution is about, the withheld ids filled in."""
    match instrument:
        case PayPalOrder(order_id):
            return Target(ORDERS_V2, order_id, {}, is_ours=False)
        case PayPalPayment(payment_id, payer_id):
            return Target(PAYMENTS_V1, payment_id, {"payer_id": payer_id}, is_ours=False)
        case PayPalCheckout():
            return Target(ORDERS_V2, call.body["order_id"], {}, is_ours=True)
        case StripeToken():
            raise TypeError("PayPal cannot charge this instrument")


def _expected(request: ChargeRequest, config: PayPalConfig) -> JsonObject:
    return {
        "value": to_paypal(request.money),
        "currency_code": request.money.currency,
        "payee": config.payee,
        "references": [str(request.charge), str(request.order)],
    }


def _order(request: ChargeRequest, config: PayPalConfig) -> JsonObject:
    amount = {"currency_code": request.money.currency, "value": to_paypal(request.money)}
    context = {
        "return_url": config.return_url.replace("{order}", str(request.order)),
        "cancel_url": config.cancel_url.replace("{order}", str(request.order)),
        "shipping_preference": "NO_SHIPPING",
        "user_action": "PAY_NOW",
    }
    unit = {
        "amount": amount,
        "custom_id": str(request.order),
        # Refused by PayPal once it was captured: a second guard beside our own.
        "invoice_id": str(request.charge),
        **_payee(config.payee),
    }
    return {
        "intent": "CAPTURE",
        "purchase_units": [unit],
        "payment_source": {"paypal": {"experience_context": context}},
    }


def _payee(payee: str | None) -> JsonObject:
    if payee is None:
        return {}
    member = "email_address" if "@" in payee else "merchant_id"
    return {"payee": {member: payee}}
