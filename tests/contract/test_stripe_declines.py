"""What a refusal of Stripe's means for the buyer."""

import pytest

from shared.domain import outcomes as o
from shared.domain.outcomes import Refusal
from tests.contract.stripe_wire import INTENT, TOKEN, charged, intent, refusal

CODES = [
    ("generic_decline", Refusal.TEMPORARY),
    ("insufficient_funds", Refusal.TEMPORARY),
    ("a_code_of_next_year", Refusal.TEMPORARY),
    ("expired_card", Refusal.INSTRUMENT),
    ("lost_card", Refusal.INSTRUMENT),
    ("fraudulent", Refusal.INSTRUMENT),
    ("incorrect_cvc", Refusal.BUYER),
    ("authentication_required", Refusal.BUYER),
]


@pytest.mark.parametrize(("decline_code", "kind"), CODES)
def test_a_decline_says_what_the_buyer_can_do(decline_code: str, kind: Refusal) -> None:
    outcome = charged(
        refusal(
            "402 Payment Required",
            type="card_error",
            code="card_declined",
            decline_code=decline_code,
            payment_intent=INTENT | {"status": "requires_payment_method"},
        )
    )

    assert isinstance(outcome, o.Declined)
    assert (outcome.code, outcome.refusal, outcome.reference) == (decline_code, kind, "pi_1")


def test_a_decline_without_a_decline_code_is_known_by_its_code() -> None:
    outcome = charged(refusal("402 No", type="card_error", code="incorrect_cvc"))

    assert isinstance(outcome, o.Declined)
    assert (outcome.code, outcome.refusal) == ("incorrect_cvc", Refusal.BUYER)


@pytest.mark.parametrize(
    ("advice", "kind"),
    [
        ("do_not_try_again", Refusal.INSTRUMENT),
        ("try_again_later", Refusal.TEMPORARY),
        ("confirm_card_data", Refusal.BUYER),
        ("an_advice_of_next_year", Refusal.TEMPORARY),
    ],
)
def test_the_networks_advice_goes_before_the_code(advice: str, kind: Refusal) -> None:
    outcome = charged(
        refusal("402 No", type="card_error", decline_code="insufficient_funds", advice_code=advice)
    )

    assert isinstance(outcome, o.Declined)
    assert outcome.refusal is kind


@pytest.mark.parametrize(
    ("decline_code", "shown"),
    [
        ("insufficient_funds", "Your card has insufficient funds."),
        ("stolen_card", "Your card was declined."),
        ("lost_card", "Your card was declined."),
        ("fraudulent", "Your card was declined."),
    ],
)
def test_a_thief_is_not_told_why(decline_code: str, shown: str) -> None:
    told = {
        "insufficient_funds": "Your card has insufficient funds.",
        "stolen_card": "Your card was reported stolen.",
    }.get(decline_code, "Your card is lost, or used in fraud.")

    outcome = charged(refusal("402 No", type="card_error", decline_code=decline_code, message=told))

    assert isinstance(outcome, o.Declined)
    assert outcome.message == shown


def test_a_failed_challenge_is_told_in_words_for_buyers() -> None:
    unconfirmed = {
        "type": "invalid_request_error",
        "code": "payment_intent_authentication_failure",
        "message": "You can provide payment_method_data to attempt to fulfill this PaymentIntent.",
    }
    script = intent(status="requires_payment_method", last_payment_error=unconfirmed)

    outcome = charged(script)

    assert isinstance(outcome, o.Declined)
    assert outcome.refusal is Refusal.BUYER
    assert outcome.message == "Your bank did not confirm that it was you. Please try again."


def test_a_duplicate_transaction_is_looked_up() -> None:
    outcome = charged(refusal("402 No", type="card_error", decline_code="duplicate_transaction"))

    assert isinstance(outcome, o.Indeterminate)
    assert not outcome.replayable


@pytest.mark.parametrize(
    ("status", "code"),
    [("400 Bad Request", "amount_too_small"), ("404 Not Found", "resource_missing")],
)
def test_an_impossible_request_is_refused_without_its_reasons(status: str, code: str) -> None:
    script = refusal(status, type="invalid_request_error", code=code, message="No such tok_visa")

    outcome = charged(script)

    assert isinstance(outcome, o.Declined)
    assert (outcome.code, outcome.refusal) == (code, Refusal.REQUEST)
    assert "tok_visa" not in outcome.message


def test_a_token_that_was_spent_elsewhere_needs_another() -> None:
    script = refusal("400 No", type="invalid_request_error", code="token_already_used")

    outcome = charged(script, TOKEN)

    assert isinstance(outcome, o.Declined)
    assert outcome.refusal is Refusal.INSTRUMENT
