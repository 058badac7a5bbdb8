"""The giving back of money: refunds by the merchant, reversals by PayPal."""

from dataclasses import replace
from datetime import timedelta

from sandbox.call import Deed
from sandbox.paypal.books import books_of, has_money, moment
from sandbox.paypal.capturing import movement
from sandbox.paypal.identifiers import transaction_id
from sandbox.paypal.money import Money
from sandbox.paypal.objects import Capture, CaptureStatus, Refund, RefundStatus
from sandbox.paypal.personas import REFUND_PERSONAS
from sandbox.paypal.problems import Problem, unprocessable
from sandbox.paypal.refund_request import RefundWish
from sandbox.paypal.telling import tell_refund, tell_refund_progress

REFUND_WINDOW = timedelta(days=180)


def refund_capture(deed: Deed, capture: Capture, wish: RefundWish) -> Refund:
    """Give back what is wished, or raise the 422 that forbids it."""
    amount = wish.amount or capture.refundable
    if problem := _forbidden(deed, capture, wish, amount):
        raise problem
    payer = books_of(deed).orders[capture.order_id].payer or ""
    status = REFUND_PERSONAS.get(payer, RefundStatus.COMPLETED)
    refund = _write(deed, capture, wish, amount, status)
    _account_for(deed, refund)
    if status is RefundStatus.PENDING:
        tell_refund_progress(deed, refund, "PENDING")
    else:
        tell_refund(deed, refund, "REFUNDED")
    return refund


def settle_refund(deed: Deed, refund: Refund, status: RefundStatus) -> Refund:
    """End the waiting of a pending refund: COMPLETED, FAILED or CANCELLED."""
    if refund.status is not RefundStatus.PENDING:
        raise unprocessable("INVALID_PARAMETER_VALUE")
    settled = replace(refund, status=status, updated_at=moment(deed))
    books_of(deed).keep(settled)
    if status is RefundStatus.COMPLETED:
        _account_for(deed, settled)
        tell_refund(deed, settled, "REFUNDED")
    else:
        capture = books_of(deed).captures[refund.capture_id]
        _reserve(deed, capture, -refund.amount)
        tell_refund_progress(deed, settled, "FAILED")
    return settled


def reverse_capture(deed: Deed, capture: Capture) -> Refund:
    """Take back, on PayPal's own account, whatever of a capture is left."""
    if not has_money(capture) or capture.refundable.minor <= 0:
        raise unprocessable("INVALID_CAPTURE_STATUS")
    wish = RefundWish(note="Payment reversed")
    refund = _write(deed, capture, wish, capture.refundable, RefundStatus.COMPLETED)
    reversal = replace(refund, is_reversal=True)
    books_of(deed).keep(reversal, replace(books_of(deed).captures[capture.id], charged_back=True))
    _account_for(deed, reversal)
    tell_refund(deed, reversal, "REVERSED")
    return reversal


def _forbidden(deed: Deed, capture: Capture, wish: RefundWish, amount: Money) -> Problem | None:
    if issue := _state_issue(deed, capture):
        return unprocessable(issue)
    if amount.currency != capture.amount.currency:
        return unprocessable("REFUND_CAPTURE_CURRENCY_MISMATCH", field="/amount/currency_code")
    if amount.minor > capture.refundable.minor:
        return unprocessable("REFUND_AMOUNT_EXCEEDED", field="/amount/value", value=amount.value)
    if capture.disputed and amount != capture.refundable:
        return unprocessable("TRANSACTION_DISPUTED")
    used = {refund.invoice_id for refund in books_of(deed).refunds.values()}
    if wish.invoice_id and wish.invoice_id in used:
        return unprocessable("DUPLICATE_INVOICE_ID", field="/invoice_id", value=wish.invoice_id)
    return None


def _state_issue(deed: Deed, capture: Capture) -> str | None:
    states = {
        "PENDING_CAPTURE": capture.status is CaptureStatus.PENDING,
        "INVALID_CAPTURE_STATUS": capture.status is CaptureStatus.DECLINED,
        "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK": capture.charged_back,
        "CAPTURE_FULLY_REFUNDED": capture.refundable.minor <= 0,
        "REFUND_TIME_LIMIT_EXCEEDED": moment(deed) - capture.created_at > REFUND_WINDOW,
    }
    return next((issue for issue, holds in states.items() if holds), None)


def _write(
    deed: Deed, capture: Capture, wish: RefundWish, amount: Money, status: RefundStatus
) -> Refund:
    now = moment(deed)
    reserved = _reserve(deed, capture, amount)
    refund = Refund(
        id=transaction_id(),
        capture_id=capture.id,
        order_id=capture.order_id,
        api=capture.api,
        status=status,
        amount=amount,
        total_refunded=reserved.amount - reserved.refundable,
        created_at=now,
        updated_at=now,
        custom_id=wish.custom_id or capture.custom_id,
        invoice_id=wish.invoice_id,
        note=wish.note,
    )
    books_of(deed).keep(refund)
    return refund


def _reserve(deed: Deed, capture: Capture, amount: Money) -> Capture:
    refunded = capture.refunded_minor + amount.minor
    whole = refunded >= capture.amount.minor
    partly = CaptureStatus.PARTIALLY_REFUNDED if refunded else CaptureStatus.COMPLETED
    reserved = replace(
        capture,
        refunded_minor=refunded,
        status=CaptureStatus.REFUNDED if whole else partly,
        updated_at=moment(deed),
    )
    books_of(deed).keep(reserved)
    return reserved


def _account_for(deed: Deed, refund: Refund) -> None:
    if refund.status is RefundStatus.COMPLETED:
        capture = books_of(deed).captures[refund.capture_id]
        deed.record(movement("refund", refund.id, capture.id, capture, -refund.amount.minor))
