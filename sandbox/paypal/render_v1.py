"""Payments, sales, refunds as the deprecated v1 API shows them."""

from collections.abc import Mapping, Sequence

from sandbox.paypal.instants import zulu
from sandbox.paypal.links import payment_links, sale_links, sale_refund_links
from sandbox.paypal.money import Money
from sandbox.paypal.objects import (
    Capture,
    CaptureStatus,
    Json,
    Order,
    OrderStatus,
    Refund,
    RefundStatus,
    Unit,
)
from sandbox.paypal.render_v2 import captures_by_unit, named

PAYMENT_STATES: Mapping[OrderStatus, str] = {
    OrderStatus.CREATED: "created",
    OrderStatus.PAYER_ACTION_REQUIRED: "created",
    # The payer's consent shows in `payer.status`; the state moves with the execution.
    OrderStatus.APPROVED: "created",
    OrderStatus.COMPLETED: "approved",
    OrderStatus.VOIDED: "failed",
    OrderStatus.FAILED: "failed",
}
SALE_STATES: Mapping[CaptureStatus, str] = {
    CaptureStatus.COMPLETED: "completed",
    CaptureStatus.PENDING: "pending",
    CaptureStatus.DECLINED: "denied",
    CaptureStatus.PARTIALLY_REFUNDED: "partially_refunded",
    CaptureStatus.REFUNDED: "refunded",
}
REFUND_STATES: Mapping[RefundStatus, str] = {
    RefundStatus.COMPLETED: "completed",
    RefundStatus.PENDING: "pending",
    RefundStatus.FAILED: "failed",
    RefundStatus.CANCELLED: "cancelled",
}
REASON_CODES: Mapping[str, str] = {
    "PENDING_REVIEW": "PAYMENT_REVIEW",
    "REFUNDED": "REFUND",
    "DECLINED_BY_RISK_FRAUD_FILTERS": "PAYMENT_REVIEW",
    "OTHER": "REGULATORY_REVIEW",
}
"""v2 reasons the v1 enumeration words otherwise."""


def total_body(amount: Money) -> Json:
    """Give `{total, currency}`."""
    return {"total": amount.value, "currency": amount.currency}


def payment_body(
    payment: Order, sales: Sequence[Capture], refunds: Sequence[Refund], base: str
) -> Json:
    """Give a payment; what was paid is in `transactions[].related_resources[].sale`."""
    by_unit = captures_by_unit(payment, sales)
    return {
        "id": payment.id,
        "intent": payment.intent,
        "state": PAYMENT_STATES[payment.status],
        **named("failure_reason", payment.failure_reason),
        "payer": _payer(payment),
        "transactions": [
            _transaction(unit, paid, refunds, base)
            for unit, paid in zip(payment.units, by_unit, strict=True)
        ],
        "redirect_urls": _redirects(payment),
        "create_time": zulu(payment.created_at),
        "update_time": zulu(payment.updated_at),
        "links": payment_links(payment, base),
    }


def sale_body(sale: Capture, base: str) -> Json:
    """Give a sale; `reason_code` only while it is pending."""
    pending = sale.status is CaptureStatus.PENDING
    reason = REASON_CODES.get(sale.reason or "", sale.reason)
    return {
        "id": sale.id,
        "state": SALE_STATES[sale.status],
        **(named("reason_code", reason) if pending else {}),
        "amount": total_body(sale.amount),
        "payment_mode": "ECHECK" if sale.reason == "ECHECK" else "INSTANT_TRANSFER",
        "protection_eligibility": "ELIGIBLE",
        "transaction_fee": {"value": sale.fee.value, "currency": sale.fee.currency},
        **named("custom", sale.custom_id),
        **named("invoice_number", sale.invoice_id),
        "parent_payment": sale.order_id,
        "create_time": zulu(sale.created_at),
        "update_time": zulu(sale.updated_at),
        "links": sale_links(sale, base),
    }


def sale_refund_body(refund: Refund, base: str) -> Json:
    """Give a v1 refund."""
    return {
        "id": refund.id,
        "state": REFUND_STATES[refund.status],
        "amount": total_body(refund.amount),
        "refund_from_received_amount": {
            "value": refund.amount.value,
            "currency": refund.amount.currency,
        },
        "total_refunded_amount": {
            "value": refund.total_refunded.value,
            "currency": refund.total_refunded.currency,
        },
        **named("custom", refund.custom_id),
        **named("invoice_number", refund.invoice_id),
        **named("description", refund.note),
        "parent_payment": refund.order_id,
        "sale_id": refund.capture_id,
        "create_time": zulu(refund.created_at),
        "update_time": zulu(refund.updated_at),
        "links": sale_refund_links(refund, base),
    }


def _payer(payment: Order) -> Json:
    if payment.payer is None:
        return {"payment_method": "paypal"}
    info: Json = {
        "email": f"{payment.payer}@personal.example.com",
        "first_name": "John",
        "last_name": "Doe",
        "payer_id": payment.payer_id,
        "country_code": "US",
    }
    return {"payment_method": "paypal", "status": "VERIFIED", "payer_info": info}


def _transaction(
    unit: Unit, sales: Sequence[Capture], refunds: Sequence[Refund], base: str
) -> Json:
    own = {sale.id for sale in sales}
    related: list[Json] = [{"sale": sale_body(sale, base)} for sale in sales]
    related += [{"refund": sale_refund_body(r, base)} for r in refunds if r.capture_id in own]
    amount = unit.wire.get("amount")
    details = amount if isinstance(amount, dict) else {}
    return {
        **unit.wire,
        "amount": {**details, **total_body(unit.amount)},
        "related_resources": related,
    }


def _redirects(payment: Order) -> Json:
    return {
        **named("return_url", payment.return_url),
        **named("cancel_url", payment.cancel_url),
    }
