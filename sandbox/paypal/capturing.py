"""The taking of money: what a capture or execution does, how a pending one settles."""

from collections.abc import Callable
from dataclasses import replace

from sandbox.call import Call, Deed
from sandbox.faults import Fault
from sandbox.ledger import Movement
from sandbox.paypal.books import books_of, moment
from sandbox.paypal.identifiers import transaction_id
from sandbox.paypal.money import fee_of
from sandbox.paypal.objects import Capture, CaptureStatus, Order, OrderStatus, Unit
from sandbox.paypal.personas import Captured, Refused, Verdict, judge_capture
from sandbox.paypal.problems import not_found, unprocessable
from sandbox.paypal.telling import tell_capture, tell_order
from sandbox.tenants import Tenant

DECLINED_BY_RISK = Captured(CaptureStatus.DECLINED, "DECLINED_BY_RISK_FRAUD_FILTERS")
FAULT_VERDICTS: dict[str, Callable[[Fault], Verdict]] = {
    "requires_action": lambda _: Refused("PAYER_ACTION_REQUIRED"),
    "declined_capture": lambda _: DECLINED_BY_RISK,
    "processing": lambda _: Captured(CaptureStatus.PENDING, "PENDING_REVIEW"),
    "pending_capture": lambda fault: Captured(
        CaptureStatus.PENDING, str(fault.arguments.get("reason", "PENDING_REVIEW"))
    ),
}


def capture_order(call: Call, order: Order) -> Order:
    """Capture every unit of an approved order, or raise the 422 that forbids it."""
    _demand_capturable(call, order)
    verdict = _verdict(call, order)
    if isinstance(verdict, Refused):
        raise unprocessable(verdict.issue)
    completed = replace(order, status=OrderStatus.COMPLETED, updated_at=moment(call))
    captures = [_capture(call, order, unit, verdict) for unit in order.units]
    books_of(call).keep(completed, *captures)
    for capture in captures:
        _account_for(call, capture)
        tell_capture(call, capture)
        _plan_settlement(call, capture)
    tell_order(call, completed, "COMPLETED")
    return completed


def settle_capture(deed: Deed, capture: Capture, *, completed: bool) -> Capture:
    """End the waiting of a pending capture, one way or the other."""
    if capture.status is not CaptureStatus.PENDING:
        raise unprocessable("INVALID_CAPTURE_STATUS")
    status = CaptureStatus.COMPLETED if completed else CaptureStatus.DECLINED
    reason = None if completed else capture.reason
    settled = replace(capture, status=status, reason=reason, updated_at=moment(deed))
    books_of(deed).keep(settled)
    _account_for(deed, settled)
    tell_capture(deed, settled, "COMPLETED" if completed else "DENIED", before=capture)
    return settled


def _demand_capturable(call: Call, order: Order) -> None:
    if order.status is OrderStatus.COMPLETED:
        raise unprocessable("ORDER_ALREADY_CAPTURED")
    if order.status is OrderStatus.VOIDED:
        raise not_found()
    if order.status is not OrderStatus.APPROVED:
        raise unprocessable("ORDER_NOT_APPROVED")
    if books_of(call).owns_invoice(unit.invoice_id for unit in order.units):
        raise unprocessable("DUPLICATE_INVOICE_ID")


def _verdict(call: Call, order: Order) -> Verdict:
    fault = call.fault(*FAULT_VERDICTS)
    if fault is not None:
        return FAULT_VERDICTS[fault.name](fault)
    return judge_capture(order.payer or "", order.units[0].amount)


def _capture(call: Call, order: Order, unit: Unit, verdict: Captured) -> Capture:
    now = moment(call)
    return Capture(
        id=transaction_id(),
        order_id=order.id,
        api=order.api,
        status=verdict.status,
        amount=unit.amount,
        fee=fee_of(unit.amount),
        custom_id=unit.custom_id,
        invoice_id=unit.invoice_id,
        created_at=now,
        updated_at=now,
        reason=verdict.reason,
    )


def _account_for(deed: Deed, capture: Capture) -> None:
    books = books_of(deed)
    if capture.invoice_id and capture.status is not CaptureStatus.DECLINED:
        books.invoices.add(capture.invoice_id)
    if capture.invoice_id and capture.status is CaptureStatus.DECLINED:
        books.invoices.discard(capture.invoice_id)
    if capture.status is CaptureStatus.COMPLETED:
        deed.record(
            movement("capture", capture.id, capture.order_id, capture, capture.amount.minor)
        )
        deed.record(movement("fee", f"{capture.id}-FEE", capture.id, capture, -capture.fee.minor))


def movement(
    kind: str, object_id: str, parent_id: str, capture: Capture, amount_minor: int
) -> Movement:
    """Give a ledger row about a capture; its reference is the merchant's custom_id or invoice."""
    return Movement(
        provider="paypal",
        kind=kind,
        object_id=object_id,
        parent_id=parent_id,
        amount_minor=amount_minor,
        currency=capture.amount.currency,
        reference=capture.custom_id or capture.invoice_id,
        custom_id=capture.custom_id,
        invoice_id=capture.invoice_id,
    )


def _plan_settlement(call: Call, capture: Capture) -> None:
    fault = call.fault("pending_capture", "processing")
    arguments = fault.arguments if fault else {}
    after = float(arguments.get("after", call.tenant.settings.settle_seconds))
    if capture.status is CaptureStatus.PENDING and after > 0:
        completed = arguments.get("then", "succeeded") in ("succeeded", "completed")
        tenant = call.tenant
        tenant.clock.after(after, lambda: _settle_later(tenant, capture, completed=completed))


def _settle_later(tenant: Tenant, pending: Capture, *, completed: bool) -> None:
    deed = Deed(tenant, "paypal")
    if books_of(deed).captures.get(pending.id) == pending:
        settle_capture(deed, pending, completed=completed)
        deed.publish()
