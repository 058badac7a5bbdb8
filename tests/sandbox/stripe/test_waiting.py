"""Payments that need the buyer or need time."""

import pytest
import requests
import stripe

from sandbox.client import ControlError
from tests.sandbox.stripe.shop import Shop, error_of

CHALLENGED = [
    "pm_card_authenticationRequired",
    "pm_card_authenticationRequiredOnSetup",
    "pm_card_threeDSecure2Required",
]


@pytest.mark.parametrize("method", CHALLENGED)
def test_an_absent_buyer_who_must_act_is_a_402(shop: Shop, method: str) -> None:
    with pytest.raises(stripe.CardError) as declined:
        shop.pay(method)

    assert declined.value.code == "authentication_required"
    assert error_of(declined.value).payment_intent.status == "requires_payment_method"


def test_an_error_can_be_asked_for_instead_of_an_action(shop: Shop) -> None:
    with pytest.raises(stripe.CardError) as declined:
        shop.pay("pm_card_threeDSecure2Required", off_session=False, error_on_requires_action=True)

    assert declined.value.code == "authentication_required"


def test_a_present_buyer_gets_a_challenge(shop: Shop) -> None:
    intent = shop.pay("pm_card_threeDSecure2Required", off_session=False)

    assert intent.status == "requires_action"
    assert intent.next_action.type == "use_stripe_sdk"
    assert intent.client_secret.startswith(f"{intent.id}_secret_")
    assert shop.movements("charge") == []


def test_a_buyer_who_passes_the_challenge_has_paid(shop: Shop) -> None:
    intent = shop.pay("pm_card_threeDSecure2Required", off_session=False)

    shop.control.authenticate(intent.id, "succeed")

    assert shop.api.payment_intents.retrieve(intent.id).status == "succeeded"
    assert [e["type"] for e in shop.told()] == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]


def test_a_buyer_who_fails_the_challenge_has_not(shop: Shop) -> None:
    intent = shop.pay("pm_card_threeDSecure2Required", off_session=False)

    shop.control.authenticate(intent.id, "fail")

    failed = shop.api.payment_intents.retrieve(intent.id)
    assert failed.status == "requires_payment_method"
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"
    assert shop.told()[-1]["type"] == "payment_intent.payment_failed"


def test_a_challenge_can_be_passed_only_for_the_bank_to_refuse(shop: Shop) -> None:
    method = "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"
    intent = shop.pay(method, off_session=False)

    shop.control.authenticate(intent.id, "succeed")

    failed = shop.api.payment_intents.retrieve(intent.id)
    assert failed.last_payment_error.decline_code == "insufficient_funds"


def test_the_challenge_is_reached_with_the_client_secret_alone(shop: Shop) -> None:
    intent = shop.pay("pm_card_threeDSecure2Required", off_session=False)
    path = f"{shop.url}/_sandbox/stripe/payment_intents/{intent.id}/authenticate"

    wrong = requests.post(path, json={"client_secret": "pi_secret_guess"}, timeout=20)
    right = requests.post(path, json={"client_secret": intent.client_secret}, timeout=20)

    assert (wrong.status_code, right.status_code) == (404, 200)
    assert shop.api.payment_intents.retrieve(intent.id).status == "succeeded"


def test_a_challenge_cannot_be_passed_twice(shop: Shop) -> None:
    intent = shop.pay("pm_card_threeDSecure2Required", off_session=False)
    shop.control.authenticate(intent.id)

    with pytest.raises(ControlError, match="not requires_action"):
        shop.control.authenticate(intent.id)

    assert shop.movements("charge") == [1999]


@pytest.mark.parametrize(
    ("method", "status", "charges"),
    [
        ("pm_card_sandbox_processing", "succeeded", [1999]),
        ("pm_card_sandbox_processing_fails", "requires_payment_method", []),
        ("pm_card_sandbox_processing_stuck", "processing", []),
    ],
)
def test_a_processing_payment_settles_by_the_clock(
    shop: Shop, method: str, status: str, charges: list[int]
) -> None:
    intent = shop.pay(method)
    before = shop.movements("charge")

    shop.control.advance(3600)

    assert (intent.status, before) == ("processing", [])
    assert shop.api.payment_intents.retrieve(intent.id).status == status
    assert shop.movements("charge") == charges


@pytest.mark.parametrize("outcome", ["succeeded", "failed"])
def test_a_processing_payment_settles_on_demand(shop: Shop, outcome: str) -> None:
    intent = shop.pay("pm_card_sandbox_processing_stuck")

    settled = shop.control.settle(intent.id, outcome)

    final = {"succeeded": "succeeded", "failed": "requires_payment_method"}[outcome]
    assert settled["status"] == final
    told = "payment_intent.succeeded" if outcome == "succeeded" else "payment_intent.payment_failed"
    assert [e["type"] for e in shop.told()][1:3] == ["charge.pending", "payment_intent.processing"]
    assert shop.told()[-1]["type"] == told


@pytest.mark.parametrize(
    ("iban", "status"),
    [
        ("AT61 1904 3002 3457 3201", "succeeded"),
        ("AT861904300235473202", "requires_payment_method"),
    ],
)
def test_a_bank_debit_takes_its_time(shop: Shop, iban: str, status: str) -> None:
    data = {"type": "sepa_debit", "sepa_debit": {"iban": iban}}
    method = shop.api.payment_methods.create(data)

    intent = shop.pay(method.id, currency="eur", payment_method_types=["sepa_debit"])
    shop.control.advance(600)

    assert intent.status == "processing"
    assert shop.api.payment_intents.retrieve(intent.id).status == status


def test_a_rule_can_make_any_card_wait_or_fail(shop: Shop) -> None:
    op = "POST /v1/payment_intents$"
    shop.control.fault("requires_action", op=op)
    asked = shop.pay(off_session=False)
    shop.control.fault("processing", op=op, then="failed", after=60)
    waiting = shop.pay()
    shop.control.fault("decline", op=op, decline_code="do_not_honor")
    with pytest.raises(stripe.CardError) as declined:
        shop.pay()

    shop.control.advance(120)

    assert asked.status == "requires_action"
    assert waiting.status == "processing"
    assert shop.api.payment_intents.retrieve(waiting.id).status == "requires_payment_method"
    assert error_of(declined.value).decline_code == "do_not_honor"
