"""What Stripe's decline codes mean for the buyer.

Sources: docs.stripe.com/declines/codes, and /declines/card for the advice codes.
"""

from __future__ import annotations

from typing import Final

from shared.domain import outcomes as o
from shared.domain.outcomes import Refusal
from shared.providers.stripe.documents import text

DUPLICATE: Final = "duplicate_transaction"
"""The issuer has just seen the same charge: perhaps ours, so it is looked up, not believed."""

GENERIC_MESSAGE: Final = "Your card was declined."
UNCONFIRMED_MESSAGE: Final = "Your bank did not confirm that it was you. Please try again."
LONGEST_MESSAGE: Final = 200

_ADVICE: Final = {
    "do_not_try_again": Refusal.INSTRUMENT,
    "try_again_later": Refusal.TEMPORARY,
    "confirm_card_data": Refusal.BUYER,
}
"""The network's own advice goes before any table of ours."""

_CODES: Final = {
    Refusal.INSTRUMENT: (
        "lost_card stolen_card pickup_card restricted_card fraudulent merchant_blacklist "
        "revocation_of_authorization revocation_of_all_authorizations stop_payment_order "
        "invalid_account security_violation not_permitted service_not_allowed "
        "transaction_not_allowed card_not_supported currency_not_supported expired_card "
        "incorrect_number invalid_number testmode_decline live_mode_test_card "
        "highest_risk_level blocked pin_try_exceeded new_account_information_available "
        "previously_declined_do_not_retry token_already_used"
    ),
    Refusal.BUYER: (
        "authentication_required authentication_not_handled approve_with_id call_issuer "
        "incorrect_cvc incorrect_zip incorrect_address invalid_cvc invalid_expiry_month "
        "invalid_expiry_year online_or_offline_pin_required "
        "payment_intent_authentication_failure"
    ),
    Refusal.TEMPORARY: (
        "insufficient_funds card_velocity_exceeded withdrawal_count_limit_exceeded do_not_honor "
        "generic_decline no_action_taken issuer_not_available processing_error "
        "reenter_transaction try_again_later"
    ),
}

_REFUSALS: Final = {code: kind for kind, codes in _CODES.items() for code in codes.split()}

_HIDDEN: Final = frozenset(
    "fraudulent highest_risk_level blocked lost_card merchant_blacklist pickup_card "
    "restricted_card security_violation stolen_card".split()
)
"""Reasons that Stripe asks not to tell: they would help a thief."""


def refused(error: object, reference: str | None) -> o.Declined | o.Indeterminate:
    """Read a card error, a PaymentIntent's `last_payment_error` or what was made like one."""
    code = text(error, "decline_code") or text(error, "code") or "generic_decline"
    if code == DUPLICATE:
        return o.Indeterminate("the issuer calls it a duplicate transaction", replayable=False)
    return o.Declined(code, _message(error, code), _refusal(error, code), reference)


def refused_request(error: object) -> o.Declined:
    """Read the refusal of a malformed or impossible request; its text is not for the buyer."""
    code = text(error, "code") or "invalid_request"
    refusal = _REFUSALS.get(code, Refusal.REQUEST)
    return o.Declined(code, "The payment could not be processed.", refusal)


def _refusal(error: object, code: str) -> Refusal:
    advice = _ADVICE.get(text(error, "advice_code") or "")
    return advice or _REFUSALS.get(code, Refusal.TEMPORARY)


def _message(error: object, code: str) -> str:
    if code == "payment_intent_authentication_failure":
        return UNCONFIRMED_MESSAGE  # Stripe's own text speaks to developers
    message = text(error, "message")
    # Only a card error's text is written for the cardholder (docs.stripe.com/api/errors).
    is_meant_for_buyers = text(error, "type") == "card_error" and code not in _HIDDEN
    return message[:LONGEST_MESSAGE] if message and is_meant_for_buyers else GENERIC_MESSAGE
