"""The catalogue of issue codes with PayPal's words for each."""

from collections.abc import Mapping

_SYNTAX = {
    "WEBHOOK_URL_ALREADY_EXISTS": "Webhook URL already exists.",
    "INVALID_PARAMETER_SYNTAX": "The value of a field does not conform to the expected format.",
    "INVALID_PARAMETER_VALUE": "The value of a field is invalid.",
    "INVALID_STRING_LENGTH": "The value of a field is either too short or too long.",
    "INVALID_STRING_MIN_LENGTH": "The value of a field is too short.",
    "INVALID_STRING_MAX_LENGTH": "The value of a field is too long.",
    "INVALID_ARRAY_MIN_ITEMS": "The number of items in an array parameter is too small.",
    "INVALID_ARRAY_MAX_ITEMS": "The number of items in an array parameter is too large.",
    "MISSING_REQUIRED_PARAMETER": "A required field / parameter is missing.",
    "MALFORMED_REQUEST_JSON": "The request JSON is not well formed.",
    "UNSUPPORTED_PARAMETER": "The field is not a member this operation knows.",
    "PAYPAL_REQUEST_ID_REQUIRED": (
        "A PayPal-Request-Id is required if you are trying to process payment for an Order."
    ),
}
_ACTION = {
    "ORDER_NOT_APPROVED": "Payer has not yet approved the Order for payment.",
    "PAYER_ACTION_REQUIRED": "Payer needs to perform the following action before proceeding.",
    "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING": (
        "Transaction failed. Redirect the payer to select another funding source."
    ),
}
_DECLINES = {
    "INSTRUMENT_DECLINED": (
        "The instrument presented was either declined by the processor or bank, "
        "or it can't be used for this payment."
    ),
    "PAYER_CANNOT_PAY": "Payer cannot pay for this transaction.",
    "TRANSACTION_REFUSED": "The request was refused.",
    "CARD_EXPIRED": "The card is expired.",
    "PAYMENT_SOURCE_DECLINED_BY_PROCESSOR": (
        "The provided payment source is declined by the processor."
    ),
    "PAYER_ACCOUNT_LOCKED_OR_CLOSED": "Payer account is locked or closed.",
    "PAYER_ACCOUNT_RESTRICTED": "Payer account is restricted.",
    "TRANSACTION_LIMIT_EXCEEDED": "Total payment amount exceeded transaction limit.",
    "TRANSACTION_BLOCKED_BY_PAYEE": "The transaction is blocked by the payee's settings.",
    "PAYEE_BLOCKED_TRANSACTION": "The payee has blocked this transaction.",
    "COMPLIANCE_VIOLATION": "Transaction is declined due to compliance violation.",
    "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED": (
        "You have exceeded the maximum number of payment attempts."
    ),
    "AGREEMENT_ALREADY_CANCELLED": "The requested agreement is already canceled.",
}
_ORDERS = {
    "ORDER_ALREADY_CAPTURED": "Order already captured.",
    "ORDER_ALREADY_AUTHORIZED": "Order already authorized.",
    "ORDER_COMPLETION_IN_PROGRESS": (
        "Order is in the process of being completed asynchronously. Please retry later."
    ),
    "ORDER_CANNOT_BE_PATCHED": "Order can only be patched before it is captured.",
    "INVALID_PATCH_OPERATION": "The operation cannot be honored.",
    "DUPLICATE_INVOICE_ID": "Duplicate Invoice ID detected.",
    "DUPLICATE_REFERENCE_ID": "`reference_id` must be unique if multiple units are provided.",
    "DUPLICATE_REQUEST_ID": (
        "The value of PayPal-Request-Id header has already been used with a different request."
    ),
    "PREVIOUS_REQUEST_IN_PROGRESS": "A previous request on this resource is currently in progress.",
    "ACTION_DOES_NOT_MATCH_INTENT": "Order was created with an intent of another action.",
}
_AMOUNTS = {
    "DECIMAL_PRECISION": "The value of the field should not be more than two decimal places.",
    "DECIMALS_NOT_SUPPORTED": "Currency does not support decimals.",
    "CURRENCY_NOT_SUPPORTED": "Currency code is not currently supported.",
    "CANNOT_BE_ZERO_OR_NEGATIVE": "Must be greater than zero.",
    "AMOUNT_MISMATCH": "Should equal item_total + tax_total + shipping + ... - discount.",
    "ITEM_TOTAL_MISMATCH": "Should equal sum of (unit_amount * quantity) across all items.",
    "PAYEE_ACCOUNT_INVALID": "Payee account specified is invalid.",
    "PAYEE_ACCOUNT_RESTRICTED": "The merchant account is restricted.",
    "PAYEE_ACCOUNT_LOCKED_OR_CLOSED": "The merchant account is locked or closed.",
}
_REFUNDS = {
    "CAPTURE_FULLY_REFUNDED": "The capture has already been fully refunded.",
    "REFUND_AMOUNT_EXCEEDED": (
        "The refund amount must be less than or equal to the capture amount "
        "that has not yet been refunded."
    ),
    "REFUND_TIME_LIMIT_EXCEEDED": "You are over the time limit to perform a refund.",
    "PENDING_CAPTURE": "Cannot initiate a refund as the capture is pending.",
    "INVALID_CAPTURE_STATUS": "A refund needs a completed capture.",
    "REFUND_FAILED_INSUFFICIENT_FUNDS": (
        "Capture could not be refunded due to insufficient funds."
    ),
    "REFUND_CAPTURE_CURRENCY_MISMATCH": "Refund must be in the currency of the capture.",
    "PARTIAL_REFUND_NOT_ALLOWED": "You cannot do a refund for an amount less than the capture.",
    "MAX_NUMBER_OF_REFUNDS_EXCEEDED": "You have exceeded the number of refunds per capture.",
    "TRANSACTION_DISPUTED": "Partial refunds cannot be offered while there is an open dispute.",
    "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK": "Refunds not allowed on this capture: chargeback.",
}
_V1 = {
    "PAYMENT_ALREADY_DONE": "Payment has been done already for this cart.",
    "PAYMENT_NOT_APPROVED_FOR_EXECUTION": "Payer has not approved payment.",
    "INVALID_PAYER_ID": "Payer ID is invalid.",
    "INVALID_PAYMENT_ID": "Requested resource ID was not found.",
    "DUPLICATE_TRANSACTION": "Duplicate invoice Id detected.",
    "PAYMENT_EXPIRED": "Payment is expired.",
    "INTERNAL_SERVICE_ERROR": "An internal service error has occurred.",
    "TRANSACTION_ALREADY_REFUNDED": "This transaction has already been fully refunded.",
}
_ACCESS = {
    "PERMISSION_DENIED": "You do not have permission to access or perform operations here.",
    "CONSENT_NEEDED": "Authorization failed due to insufficient permissions.",
    "INVALID_RESOURCE_ID": "Specified resource ID does not exist. Please check the resource ID.",
}

ISSUES: Mapping[str, str] = (
    _SYNTAX | _ACTION | _DECLINES | _ORDERS | _AMOUNTS | _REFUNDS | _V1 | _ACCESS
)
"""Every issue code with its description; what is missing here does not exist."""

DECLINES = frozenset(_DECLINES)
"""The issues that end an attempt to capture without moving money."""

DEFAULT_STATUS: Mapping[str, int] = {
    **dict.fromkeys(_SYNTAX, 400),
    **dict.fromkeys(["PERMISSION_DENIED", "CONSENT_NEEDED"], 403),
    **dict.fromkeys(["INVALID_RESOURCE_ID", "INVALID_PAYMENT_ID"], 404),
    "PREVIOUS_REQUEST_IN_PROGRESS": 409,
    "DUPLICATE_TRANSACTION": 409,
    "INTERNAL_SERVICE_ERROR": 500,
}
"""The v2 HTTP status of an issue; 422 where it says nothing."""

V1_STATUSES: Mapping[str, int] = {"DUPLICATE_TRANSACTION": 409, "INTERNAL_SERVICE_ERROR": 500}
"""The statuses only the v1 shape has."""

V1_NAMES: Mapping[str, str] = {
    "ORDER_ALREADY_CAPTURED": "PAYMENT_ALREADY_DONE",
    "ORDER_NOT_APPROVED": "PAYMENT_NOT_APPROVED_FOR_EXECUTION",
    "DUPLICATE_INVOICE_ID": "DUPLICATE_TRANSACTION",
    "CAPTURE_FULLY_REFUNDED": "TRANSACTION_ALREADY_REFUNDED",
    "PENDING_CAPTURE": "TRANSACTION_REFUSED",
    "INVALID_CAPTURE_STATUS": "TRANSACTION_REFUSED",
}
"""What v1 calls an issue by; the same word where it says nothing."""
