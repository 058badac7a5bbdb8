"""The test instruments: what each token, payment method, card number or IBAN does."""

from dataclasses import dataclass, replace

from sandbox.fault_catalogue import ALIASES, FAULTS, Stage
from sandbox.faults import Fault


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an issuer refuses; `code` is the error's code, `decline_code` may be absent."""

    code: str
    decline_code: str | None
    message: str
    advice_code: str | None = "try_again_later"
    outcome: str = "issuer_declined"


@dataclass(frozen=True, slots=True)
class Instrument:
    """What happens when this instrument is charged.

    `authentication`: "always", or "on_session" (a 3-D Secure challenge only while the payer is
    there). `settles`: it becomes `processing`, then "succeeded", "failed" or "never", after
    `settles_after` seconds. `aftermath`: what follows a success. `fault`: a magic fault.
    """

    brand: str = "visa"
    last4: str = "4242"
    funding: str = "credit"
    refusal: Refusal | None = None
    authentication: str | None = None
    settles: str | None = None
    settles_after: float = 5.0
    aftermath: str | None = None
    fault: Fault | None = None
    kind: str = "card"


DECLINED = "Your card was declined."
GENERIC = Refusal("card_declined", "generic_decline", DECLINED)
FUNDS = Refusal("card_declined", "insufficient_funds", "Your card has insufficient funds.")
LOST = Refusal("card_declined", "lost_card", DECLINED, "do_not_try_again")
STOLEN = Refusal("card_declined", "stolen_card", DECLINED, "do_not_try_again")
FRAUD = Refusal("card_declined", "fraudulent", DECLINED, "do_not_try_again", "blocked")
VELOCITY = Refusal(
    "card_declined",
    "card_velocity_exceeded",
    "Your card was declined for making repeated attempts too frequently or exceeding its amount "
    "limit.",
)
EXPIRED = Refusal("expired_card", None, "Your card has expired.", "confirm_card_data")
CVC = Refusal("incorrect_cvc", None, "Your card's security code is incorrect.", "confirm_card_data")
PROCESSING = Refusal(
    "processing_error",
    None,
    "An error occurred while processing your card. Try again in a little bit.",
)
UNAUTHENTICATED = Refusal(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
    "confirm_card_data",
)

BRANDS = {
    "visa": Instrument(),
    "visa_debit": Instrument(last4="5556", funding="debit"),
    "mastercard": Instrument("mastercard", "4444"),
    "mastercard_debit": Instrument("mastercard", "3222", "debit"),
    "amex": Instrument("amex", "8431"),
    "discover": Instrument("discover", "1117"),
    "jcb": Instrument("jcb", "0505"),
    "us": Instrument(),
    "bypassPending": Instrument(last4="0077"),
}
DECLINES = {
    "visa_chargeDeclined": Instrument(last4="0002", refusal=GENERIC),
    "chargeDeclined": Instrument(last4="0002", refusal=GENERIC),
    "visa_chargeDeclinedInsufficientFunds": Instrument(last4="9995", refusal=FUNDS),
    "chargeDeclinedInsufficientFunds": Instrument(last4="9995", refusal=FUNDS),
    "visa_chargeDeclinedLostCard": Instrument(last4="9987", refusal=LOST),
    "visa_chargeDeclinedStolenCard": Instrument(last4="9979", refusal=STOLEN),
    "chargeDeclinedExpiredCard": Instrument(last4="0069", refusal=EXPIRED),
    "chargeDeclinedIncorrectCvc": Instrument(last4="0127", refusal=CVC),
    "chargeDeclinedProcessingError": Instrument(last4="0119", refusal=PROCESSING),
    "visa_chargeDeclinedVelocityLimitExceeded": Instrument(last4="6975", refusal=VELOCITY),
    "visa_chargeDeclinedFraudulent": Instrument(last4="0019", refusal=FRAUD),
    "radarBlock": Instrument(last4="0019", refusal=FRAUD),
    "chargeCustomerFail": Instrument(last4="0341", refusal=GENERIC),
}
AUTHENTICATIONS = {
    "authenticationRequired": Instrument(last4="3184", authentication="always"),
    "authenticationRequiredOnSetup": Instrument(last4="3155", authentication="always"),
    "authenticationRequiredSetupForOffSession": Instrument(
        last4="0446", authentication="on_session"
    ),
    "authenticationRequiredChargeDeclinedInsufficientFunds": Instrument(
        last4="8341", authentication="always", refusal=FUNDS
    ),
    "threeDSecure2Required": Instrument(last4="3220", authentication="always"),
    "threeDSecureRequired": Instrument(last4="3063", authentication="always"),
}
AFTERMATHS = {
    "pendingRefund": Instrument(last4="7726", aftermath="refund_pending"),
    "refundFail": Instrument(last4="5126", aftermath="refund_fail"),
    "createDispute": Instrument(last4="0259", aftermath="dispute_fraudulent"),
    "createDisputeProductNotReceived": Instrument(
        last4="2685", aftermath="dispute_product_not_received"
    ),
    "createDisputeInquiry": Instrument(last4="1976", aftermath="inquiry_fraudulent"),
    "createIssuerFraudRecord": Instrument(last4="5423", aftermath="early_fraud_warning"),
    "createMultipleDisputes": Instrument(last4="0404", aftermath="disputes_twice"),
}
SETTLEMENTS = {
    "sandbox_processing": Instrument(settles="succeeded"),
    "sandbox_processing_fails": Instrument(settles="failed", refusal=GENERIC),
    "sandbox_processing_stuck": Instrument(settles="never"),
}
MAGIC = {
    f"sandbox_{name}": Instrument(fault=Fault(ALIASES.get(name, name)))
    for name in [*FAULTS, *ALIASES]
    if FAULTS[ALIASES.get(name, name)].stage not in (Stage.EARLY, Stage.TIMING, Stage.CONTENT)
    and name not in ("processing", "pending_capture", "declined_capture")
}

BY_NAME = BRANDS | DECLINES | AUTHENTICATIONS | AFTERMATHS | SETTLEMENTS | MAGIC
TOKENS = {f"tok_{name}": instrument for name, instrument in BY_NAME.items()}
PAYMENT_METHODS = {f"pm_card_{name}": instrument for name, instrument in BY_NAME.items()}

NUMBERS = {
    "4242424242424242": "visa",
    "4000056655665556": "visa_debit",
    "5555555555554444": "mastercard",
    "378282246310005": "amex",
    "6011111111111117": "discover",
    "4000000000000002": "visa_chargeDeclined",
    "4000000000009995": "visa_chargeDeclinedInsufficientFunds",
    "4000000000009987": "visa_chargeDeclinedLostCard",
    "4000000000009979": "visa_chargeDeclinedStolenCard",
    "4000000000000069": "chargeDeclinedExpiredCard",
    "4000000000000127": "chargeDeclinedIncorrectCvc",
    "4000000000000119": "chargeDeclinedProcessingError",
    "4000000000006975": "visa_chargeDeclinedVelocityLimitExceeded",
    "4100000000000019": "radarBlock",
    "4000000000000341": "chargeCustomerFail",
    "4000002760003184": "authenticationRequired",
    "4000002500003155": "authenticationRequiredOnSetup",
    "4000003800000446": "authenticationRequiredSetupForOffSession",
    "4000008400001629": "authenticationRequiredChargeDeclinedInsufficientFunds",
    "4000000000003220": "threeDSecure2Required",
    "4000000000007726": "pendingRefund",
    "4000000000005126": "refundFail",
    "4000000000000259": "createDispute",
    "4000000000002685": "createDisputeProductNotReceived",
    "4000000000001976": "createDisputeInquiry",
    "4000000000005423": "createIssuerFraudRecord",
}

SEPA = Instrument(brand="", kind="sepa_debit", settles="succeeded")
SEPA_FAILS = replace(
    SEPA, settles="failed", refusal=Refusal("debit_not_authorized", None, "The debit was refused.")
)
IBANS = {
    "AT611904300234573201": SEPA,
    "AT321904300235473204": replace(SEPA, settles_after=180.0),
    "AT861904300235473202": SEPA_FAILS,
    "AT051904300235473205": replace(SEPA_FAILS, settles_after=180.0),
    "AT591904300235473203": replace(SEPA, aftermath="dispute_fraudulent"),
    "AT601904300235473206": replace(SEPA, settles="never"),
}

MAGIC_AMOUNTS = {
    9_999_001: Fault("hang_after"),
    9_999_002: Fault("reset_after"),
    9_999_003: Fault("500_stored"),
    9_999_004: Fault("truncate_after"),
    9_999_005: Fault("hang_before"),
    9_999_006: Fault("500_before"),
    9_999_007: Fault("429"),
    9_999_008: Fault("malformed_json"),
    9_999_009: Fault("409_in_use"),
    9_999_010: Fault("slow_body"),
}
