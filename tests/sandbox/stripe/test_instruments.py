"""What each of Stripe's test instruments does."""

import pytest
import stripe

from sandbox.stripe.instruments import BRANDS
from tests.sandbox.stripe.shop import Shop, error_of

DECLINES = [
    ("visa_chargeDeclined", "card_declined", "generic_decline"),
    ("chargeDeclined", "card_declined", "generic_decline"),
    ("visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
    ("visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
    ("chargeDeclinedExpiredCard", "expired_card", None),
    ("chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
    ("chargeDeclinedProcessingError", "processing_error", None),
    ("visa_chargeDeclinedVelocityLimitExceeded", "card_declined", "card_velocity_exceeded"),
    ("visa_chargeDeclinedFraudulent", "card_declined", "fraudulent"),
    ("radarBlock", "card_declined", "fraudulent"),
    ("chargeCustomerFail", "card_declined", "generic_decline"),
]


@pytest.mark.parametrize("name", BRANDS)
def test_a_good_card_pays(shop: Shop, name: str) -> None:
    method = shop.api.payment_methods.create({"type": "card", "card": {"token": f"tok_{name}"}})

    by_token = shop.pay(method.id)
    by_method = shop.pay(f"pm_card_{name}")

    assert (by_token.status, by_method.status) == ("succeeded", "succeeded")
    assert by_token.amount_received == 1999


@pytest.mark.parametrize(("name", "code", "decline_code"), DECLINES)
def test_a_bad_card_is_declined_with_its_codes(
    shop: Shop, name: str, code: str, decline_code: str | None
) -> None:
    with pytest.raises(stripe.CardError) as declined:
        shop.pay(f"pm_card_{name}", expand=["latest_charge"])

    error = error_of(declined.value)
    assert (error.code, getattr(error, "decline_code", None)) == (code, decline_code)
    assert declined.value.http_status == 402
    assert error.payment_intent.status == "requires_payment_method"
    assert shop.movements("charge") == []


def test_a_decline_leaves_a_failed_charge_with_its_outcome(shop: Shop) -> None:
    with pytest.raises(stripe.CardError) as declined:
        shop.pay("pm_card_radarBlock")

    charge = shop.api.charges.retrieve(error_of(declined.value).charge)

    assert (charge.status, charge.failure_code) == ("failed", "card_declined")
    assert (charge.outcome.type, charge.outcome.risk_level) == ("blocked", "highest")
    assert [e["type"] for e in shop.told()] == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
    ]


def test_a_declined_intent_can_be_paid_by_another_card(shop: Shop) -> None:
    with pytest.raises(stripe.CardError) as declined:
        shop.pay("pm_card_visa_chargeDeclined")
    intent = error_of(declined.value).payment_intent

    paid = shop.api.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

    assert (paid.id, paid.status, paid.last_payment_error) == (intent.id, "succeeded", None)


def test_a_minted_token_works_once(shop: Shop) -> None:
    token = shop.token()
    card = {"type": "card", "card": {"token": token}}
    shop.pay(shop.api.payment_methods.create(card).id)

    with pytest.raises(stripe.InvalidRequestError) as spent:
        shop.api.payment_methods.create(card)

    assert spent.value.code == "token_already_used"


def test_a_minted_token_carries_its_cards_fate(shop: Shop) -> None:
    card = {"token": shop.token("4000 0000 0000 9995")}

    with pytest.raises(stripe.CardError) as declined:
        shop.pay(shop.api.payment_methods.create({"type": "card", "card": card}).id)

    assert error_of(declined.value).decline_code == "insufficient_funds"


def test_a_payment_method_without_a_customer_pays_once(shop: Shop) -> None:
    method = shop.api.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}).id
    shop.pay(method)

    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        shop.pay(method)


def test_a_payment_method_of_a_customer_pays_again(shop: Shop) -> None:
    customer = shop.api.customers.create({"email": "a@example.com"}).id
    method = shop.api.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}).id
    shop.api.payment_methods.attach(method, {"customer": customer})

    paid = [shop.pay(method, customer=customer) for _ in range(2)]

    assert [intent.status for intent in paid] == ["succeeded", "succeeded"]


def test_a_token_can_come_inside_the_intent(shop: Shop) -> None:
    params = shop.params()
    del params["payment_method"]
    data = {"type": "card", "card": {"token": "tok_visa"}}

    paid = shop.api.payment_intents.create(params | {"payment_method_data": data})

    assert paid.status == "succeeded"
    assert paid.payment_method.startswith("pm_")


def test_the_old_charges_call_still_charges_a_token(shop: Shop) -> None:
    charge = shop.api.charges.create({"amount": 500, "currency": "usd", "source": "tok_visa"})

    assert (charge.status, charge.captured, charge.payment_intent) == ("succeeded", True, None)
    assert shop.movements("charge") == [500]
    assert [e["type"] for e in shop.told()] == ["charge.succeeded"]


def test_the_old_charges_call_declines_too(shop: Shop) -> None:
    asked = {"amount": 500, "currency": "usd", "source": "tok_chargeDeclined"}

    with pytest.raises(stripe.CardError) as declined:
        shop.api.charges.create(asked)

    assert error_of(declined.value).charge.startswith("ch_")
