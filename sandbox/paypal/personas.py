"""What each payer, or each magic amount, makes of a capture."""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.paypal.issues import DECLINES
from sandbox.paypal.money import Money
from sandbox.paypal.objects import CaptureStatus, RefundStatus

PENDING_REASONS = (
    "BUYER_COMPLAINT",
    "CHARGEBACK",
    "ECHECK",
    "INTERNATIONAL_WITHDRAWAL",
    "OTHER",
    "PENDING_REVIEW",
    "RECEIVING_PREFERENCE_MANDATES_MANUAL_ACTION",
    "REFUNDED",
    "TRANSACTION_APPROVED_AWAITING_FUNDING",
    "UNILATERAL",
    "VERIFICATION_REQUIRED",
)
DEFAULT_PAYER = "pays"
MAGIC_MAJOR = 9001
"""An amount of 9001.xx picks the outcome by its cents, in any two-decimal currency."""


@dataclass(frozen=True)
class Refused:
    """The capture call answers 422 with this issue; nothing is made."""

    issue: str


@dataclass(frozen=True)
class Captured:
    """The capture call succeeds and makes a capture in this status."""

    status: CaptureStatus
    reason: str | None = None


Verdict = Refused | Captured


def _kebab(code: str) -> str:
    return code.lower().replace("_", "-")


_PAYS = Captured(CaptureStatus.COMPLETED)
_RISK = Captured(CaptureStatus.DECLINED, "DECLINED_BY_RISK_FRAUD_FILTERS")
_PENDING = {reason: Captured(CaptureStatus.PENDING, reason) for reason in PENDING_REASONS}

PERSONAS: Mapping[str, Verdict] = {
    DEFAULT_PAYER: _PAYS,
    "declines": Refused("INSTRUMENT_DECLINED"),
    "acts-again": Refused("PAYER_ACTION_REQUIRED"),
    "alternate-funding": Refused("REDIRECT_PAYER_FOR_ALTERNATE_FUNDING"),
    "capture-declined": _RISK,
    "risk-review": _PENDING["PENDING_REVIEW"],
    "echeck-pending": _PENDING["ECHECK"],
    "refund-pending": _PAYS,
    "pending-declined-by-risk-fraud-filters": Captured(
        CaptureStatus.PENDING, "DECLINED_BY_RISK_FRAUD_FILTERS"
    ),
    **{_kebab(issue): Refused(issue) for issue in sorted(DECLINES)},
    **{f"pending-{_kebab(reason)}": verdict for reason, verdict in _PENDING.items()},
}
"""By the name given at approval; every decline and every pending reason also by its own name."""

REFUND_PERSONAS: Mapping[str, RefundStatus] = {"refund-pending": RefundStatus.PENDING}
"""Payers who get their money back in another way than at once."""

MAGIC_CENTS: Mapping[int, Verdict] = {
    1: Refused("INSTRUMENT_DECLINED"),
    2: Refused("PAYER_CANNOT_PAY"),
    3: Refused("TRANSACTION_REFUSED"),
    4: Refused("PAYER_ACTION_REQUIRED"),
    5: Refused("PAYER_ACCOUNT_RESTRICTED"),
    6: Refused("COMPLIANCE_VIOLATION"),
    9: _RISK,
    **{11 + index: _PENDING[reason] for index, reason in enumerate(PENDING_REASONS)},
}
"""By the cents of 9001.xx, for a black-box test that has no say in who approves."""


def judge_capture(payer: str, amount: Money) -> Verdict:
    """Say what capturing this amount from this payer gives; the amount's magic goes first."""
    major, cents = divmod(amount.minor, 100)
    if major == MAGIC_MAJOR and cents in MAGIC_CENTS:
        return MAGIC_CENTS[cents]
    return PERSONAS[payer]
