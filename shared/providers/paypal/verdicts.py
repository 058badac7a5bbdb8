"""What an agreement, or a capture of it, says of a charge."""

from __future__ import annotations

from typing import Final

from shared.domain.outcomes import (
    Approved,
    Canceled,
    Card,
    Declined,
    Indeterminate,
    NextAction,
    Outcome,
    PayerActed,
    Refusal,
    RequiresAction,
    Submitted,
)
from shared.providers.paypal.agreement import Agreement, Capture, Settlement, Standing
from shared.providers.paypal.answers import declined
from shared.providers.paypal.calls import Expectation

APPROVE: Final = "approve"
"""The kind of action that opens PayPal's page."""

_INTENTS: Final = frozenset({"CAPTURE", "sale"})
_PRECEDENCE: Final = (Settlement.DONE, Settlement.PENDING, Settlement.REFUSED)
"""A refused capture may be followed by a good one; money that moved outweighs all."""


def outcome_of(agreement: Agreement, *, livemode: bool) -> Outcome:
    """What the object says as it stands now."""
    if agreement.captures:
        capture = min(agreement.captures, key=lambda each: _PRECEDENCE.index(each.settlement))
        return capture_outcome(agreement.reference, capture, livemode=livemode)
    match agreement.standing:
        case Standing.OPEN:
            return must_approve(agreement.reference, agreement.page)
        case Standing.APPROVED:
            return PayerActed(agreement.reference)
        case Standing.VOIDED:
            return Canceled(agreement.reference)
        case Standing.FAILED:
            code = (agreement.reason or "payment_failed").lower()
            return declined(Refusal.INSTRUMENT, code, agreement.reference)
        case Standing.CLOSED:
            return Indeterminate("completed, but without a capture")


def capture_outcome(reference: str, capture: Capture, *, livemode: bool) -> Outcome:
    """What became of the money; `reference` is the order or payment."""
    match capture.settlement:
        case Settlement.DONE:
            return Approved(
                reference=reference,
                capture_reference=capture.reference,
                money=capture.money,
                our_references=capture.our_references,
                livemode=livemode,
                card=Card("paypal"),
            )
        case Settlement.PENDING:
            return Submitted(reference, capture.reason or "pending", capture.reference)
        case Settlement.REFUSED:
            code = (capture.reason or "capture_declined").lower()
            return declined(Refusal.INSTRUMENT, code, reference)


def must_approve(reference: str, page: str | None) -> RequiresAction:
    """The payer must open PayPal's page."""
    return RequiresAction(reference, NextAction(APPROVE, url=page))


def objection(agreement: Agreement, expected: Expectation) -> Declined | None:
    """Why this must not be captured for the charge; None where all agrees.

    The buyer may name an order of any amount, payee and purpose. The refusal does not name it
    again: it may be another charge's.
    """
    currency = agreement.money.currency if agreement.money else None
    payee = expected.payee.lower() if expected.payee else None
    checks = (
        (currency == expected.money.currency, "currency_mismatch", Refusal.BUYER),
        (agreement.money == expected.money, "amount_mismatch", Refusal.BUYER),
        (payee is None or payee in agreement.payees, "payee_mismatch", Refusal.REQUEST),
        (
            bool(agreement.our_references & expected.references),
            "reference_mismatch",
            Refusal.BUYER,
        ),
        (agreement.intent in _INTENTS, "intent_mismatch", Refusal.REQUEST),
    )
    return next(
        (declined(refusal, code, None) for holds, code, refusal in checks if not holds),
        None,
    )
