"""Whether an order may be charged now, and with what."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from api_shim.errors import ApiError, pointer
from api_shim.schemas.charges import ChargeAttributes
from shared.container import Container
from shared.domain.charge import (
    Instrument,
    OrderStatus,
    PayPalCheckout,
    PayPalOrder,
    PayPalPayment,
    Provider,
    StripeToken,
)
from shared.domain.errors import UnrepresentableAmount
from shared.domain.money import Money
from shared.domain.wire_amount import ensure_chargeable
from shared.repository.intake import EventAuthorization, Target
from shared.vault import fingerprint

_NAMES: Final = {Provider.STRIPE: "Stripe", Provider.PAYPAL: "Paypal"}
_ATTRIBUTES: Final = "/data/attributes"


@dataclass(frozen=True, slots=True)
class Payable:
    """An order that may be charged: how much, at whom, for whom."""

    provider: Provider
    money: Money
    authorization: EventAuthorization | None
    """Whose account at the provider; None is the platform's own."""


def demand_chargeable(target: Target) -> None:
    """Refuse an order that is closed, free, or paid otherwise (409)."""
    if target.status is not OrderStatus.PENDING:
        raise _conflict(
            "You cannot charge payments on a cancelled, expired or completed order", "order_closed"
        )
    if target.money is None:
        raise _conflict("You cannot charge payments on a free order", "order_free")
    if target.payment_mode not in set(Provider):
        raise _conflict(f"The order's payment mode is {target.payment_mode}", "payment_mode")


def choose_account(target: Target, deps: Container) -> Payable:
    """The chargeable order's amount, provider, account; ApiError 409 where there is none."""
    assert target.money is not None, "a free order is not chargeable"
    provider = Provider(target.payment_mode)
    if provider not in target.accepts:
        detail = f"This event doesn't accept payments by {_NAMES[provider]}"
        raise _conflict(detail, "provider_refused")
    authorization = _authorization(target, provider, deps)
    try:
        ensure_chargeable(target.money, provider)
    except UnrepresentableAmount as refused:
        raise _conflict(str(refused), "amount_not_chargeable") from None
    return Payable(provider, target.money, authorization)


def credentials_missing(provider: Provider) -> ApiError:
    """The answer where nobody's account at the provider may be charged for the event."""
    detail = f"{_NAMES[provider]} credentials not found for the event."
    return _conflict(detail, "credentials_missing")


def _authorization(
    target: Target, provider: Provider, deps: Container
) -> EventAuthorization | None:
    if provider not in deps.providers:
        raise credentials_missing(provider)
    if provider is not Provider.STRIPE:
        return None
    found = target.authorization
    if found is None and deps.settings.stripe_platform_charges:
        return None
    if found is None or found.is_revoked or found.livemode != deps.livemode(provider):
        raise credentials_missing(provider)
    return found


def choose_instrument(attributes: ChargeAttributes, mode: str) -> Instrument:
    """What the request pays with, for an order of that mode; ApiError 422 where it is missing."""
    if mode == Provider.STRIPE:
        if attributes.stripe is None:
            raise _missing("stripe token is missing", "stripe")
        return StripeToken(attributes.stripe)
    return _paypal_instrument(attributes)


def fingerprint_of(instrument: Instrument, order_id: int) -> bytes:
    """What makes two requests' instruments the same, within an order and across orders.

    Stripe's test tokens are words that every order may use; a PayPal checkout is nothing but
    its order.
    """
    match instrument:
        case StripeToken(token) if _is_test_token(token):
            return fingerprint(f"stripe:{token}:{order_id}")
        case StripeToken(token):
            return fingerprint(f"stripe:{token}")
        case PayPalOrder(paypal_order):
            return fingerprint(f"paypal:{paypal_order}")
        case PayPalPayment(payment, _):
            return fingerprint(f"paypal:{payment}")
        case PayPalCheckout():
            return fingerprint(f"paypal:checkout:{order_id}")


def _paypal_instrument(attributes: ChargeAttributes) -> Instrument:
    payment, payer = attributes.paypal_payment_id, attributes.paypal_payer_id
    if payment and payer:
        return PayPalPayment(payment, payer)
    if payment or payer:
        absent = "paypal-payer-id" if payment else "paypal-payment-id"
        raise _missing(f"{absent} is missing", absent)
    if attributes.paypal:
        return PayPalOrder(attributes.paypal)
    if attributes.stripe:
        raise _missing("paypal order id is missing", "paypal")
    return PayPalCheckout()


def _is_test_token(token: str) -> bool:
    return not token.startswith(("tok_1", "pm_1"))


def _conflict(detail: str, code: str) -> ApiError:
    return ApiError(HTTPStatus.CONFLICT, detail, code=code)


def _missing(detail: str, attribute: str) -> ApiError:
    source = pointer(f"{_ATTRIBUTES}/{attribute}")
    return ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, detail, source, code="instrument_missing")
