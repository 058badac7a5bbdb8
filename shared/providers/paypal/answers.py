"""What PayPal's issue codes mean.

The first code of a problem that is known here decides: the issue, then the name, which is all that
v1 gives (developer.paypal.com/api/rest/reference/orders/v2/errors and .../payments/v1).
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from shared.domain.outcomes import Declined, Refusal
from shared.providers.paypal.failures import Problem


class Meaning(Enum):
    """What an issue asks of us, where it is no decline."""

    DONE_BEFORE = auto()  # look at the object: it may have been captured already
    IN_PROGRESS = auto()  # an earlier request still runs
    PAYER_MUST_ACT = auto()
    GONE = auto()  # PayPal has no such object, or no more
    OUR_ACCOUNT = auto()  # nobody's decline: our permissions, our payee's account
    KEY_CLASH = auto()  # PayPal knows the key with another request
    UNKNOWN = auto()  # a refusal that nobody foresaw


_CODES: Final[dict[Meaning | Refusal, str]] = {
    Meaning.DONE_BEFORE: (
        "ORDER_ALREADY_CAPTURED DUPLICATE_INVOICE_ID PAYMENT_ALREADY_DONE DUPLICATE_TRANSACTION"
    ),
    Meaning.IN_PROGRESS: "ORDER_COMPLETION_IN_PROGRESS PREVIOUS_REQUEST_IN_PROGRESS"
    " RESOURCE_CONFLICT",
    Meaning.PAYER_MUST_ACT: "ORDER_NOT_APPROVED PAYER_ACTION_REQUIRED"
    " REDIRECT_PAYER_FOR_ALTERNATE_FUNDING",
    Meaning.GONE: "INVALID_RESOURCE_ID RESOURCE_NOT_FOUND INVALID_PAYMENT_ID PAYMENT_EXPIRED"
    " ORDER_EXPIRED",
    Meaning.OUR_ACCOUNT: "PERMISSION_DENIED CONSENT_NEEDED NOT_AUTHORIZED PAYEE_ACCOUNT_INVALID"
    " PAYEE_ACCOUNT_RESTRICTED PAYEE_ACCOUNT_LOCKED_OR_CLOSED PAYEE_ACCOUNT_NOT_VERIFIED"
    " PAYEE_ACCOUNT_NOT_SUPPORTED",
    Meaning.KEY_CLASH: "DUPLICATE_REQUEST_ID PAYPAL_REQUEST_ID_PREVIOUSLY_USED",
    Refusal.INSTRUMENT: "INSTRUMENT_DECLINED PAYER_CANNOT_PAY TRANSACTION_REFUSED CARD_EXPIRED"
    " PAYMENT_SOURCE_DECLINED_BY_PROCESSOR PAYER_ACCOUNT_LOCKED_OR_CLOSED COMPLIANCE_VIOLATION"
    " AGREEMENT_ALREADY_CANCELLED CREDIT_CARD_REFUSED",
    Refusal.TEMPORARY: "TRANSACTION_LIMIT_EXCEEDED MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED",
    # v1 tells nobody when the payer approves after all: the buyer comes again with the approval.
    Refusal.BUYER: "PAYER_ACCOUNT_RESTRICTED INVALID_PAYER_ID PAYMENT_NOT_APPROVED_FOR_EXECUTION",
    Refusal.REQUEST: "TRANSACTION_BLOCKED_BY_PAYEE PAYEE_BLOCKED_TRANSACTION DECIMAL_PRECISION"
    " DECIMALS_NOT_SUPPORTED CURRENCY_NOT_SUPPORTED CURRENCY_NOT_SUPPORTED_FOR_COUNTRY"
    " AMOUNT_MISMATCH ITEM_TOTAL_MISMATCH CANNOT_BE_ZERO_OR_NEGATIVE ACTION_DOES_NOT_MATCH_INTENT"
    " VALIDATION_ERROR MALFORMED_REQUEST MALFORMED_REQUEST_JSON MISSING_REQUIRED_PARAMETER"
    " INVALID_PARAMETER_SYNTAX INVALID_PARAMETER_VALUE INVALID_STRING_LENGTH"
    " INVALID_STRING_MIN_LENGTH INVALID_STRING_MAX_LENGTH INVALID_ARRAY_MIN_ITEMS"
    " INVALID_ARRAY_MAX_ITEMS UNSUPPORTED_PARAMETER PAYPAL_REQUEST_ID_REQUIRED INVALID_REQUEST",
}
_MEANINGS: Final = {code: meaning for meaning, codes in _CODES.items() for code in codes.split()}

_MESSAGES: Final = {
    Refusal.INSTRUMENT: "PayPal declined this payment. Please choose another way to pay.",
    Refusal.TEMPORARY: "PayPal cannot take this payment now. Please try again later.",
    Refusal.BUYER: "PayPal needs you to check your account, or to approve the payment again.",
    Refusal.REQUEST: "This payment could not be carried out. You have not been charged.",
}
"""What the buyer is told. PayPal's own texts may name accounts, and are never passed on."""


def meaning_of(problem: Problem) -> tuple[Meaning | Refusal, str]:
    """The meaning of a refusal, with the code in our spelling that has it."""
    for code in problem.codes:
        if code in _MEANINGS:
            return _MEANINGS[code], code.lower()
    return Meaning.UNKNOWN, problem.codes[0].lower() if problem.codes else "refused"


def declined(refusal: Refusal, code: str, reference: str | None) -> Declined:
    """A refusal with words that are safe to show."""
    return Declined(code, _MESSAGES[refusal], refusal, reference)
