"""The events PayPal tells of each change."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sandbox.call import Deed
from sandbox.paypal.books import Books, books_of
from sandbox.paypal.identifiers import event_id
from sandbox.paypal.instants import zulu_millis
from sandbox.paypal.links import event_links
from sandbox.paypal.objects import Api, Capture, CaptureStatus, Dispute, Json, Order, Refund
from sandbox.paypal.render_events import (
    approval_reversed_resource,
    capture_event_resource,
    dispute_resource,
    refund_event_resource,
)
from sandbox.paypal.render_v2 import order_body
from sandbox.webhook_parts import Event

_CAPTURE_VERBS: Mapping[CaptureStatus, str] = {
    CaptureStatus.COMPLETED: "COMPLETED",
    CaptureStatus.PENDING: "PENDING",
    CaptureStatus.DECLINED: "DECLINED",
}
_REFUND_RESOURCE_TYPES = {Api.V2: "refund", Api.V1: "sale"}


def tell_order(deed: Deed, order: Order, verb: str) -> None:
    """Tell CHECKOUT.ORDER.APPROVED or COMPLETED; a v1 payment has no such events."""
    if order.api is Api.V1:
        return
    books = books_of(deed)
    resource = order_body(order, books.captures_of(order), books.refunds_of(order), books.base)
    summary = {
        "APPROVED": "An order has been approved by buyer",
        "COMPLETED": "Checkout Order Completed",
    }[verb]
    _tell(deed, f"CHECKOUT.ORDER.{verb}", "checkout-order", summary, resource)


def tell_approval_reversed(deed: Deed, order: Order) -> None:
    """Tell that an approval came to nothing."""
    if order.api is Api.V2:
        resource = approval_reversed_resource(order, books_of(deed).base)
        summary = "A payment has been reversed after approval."
        _tell(deed, "CHECKOUT.PAYMENT-APPROVAL.REVERSED", "checkout-order", summary, resource)


def tell_capture(
    deed: Deed, capture: Capture, verb: str | None = None, *, before: Capture | None = None
) -> None:
    """Tell PAYMENT.CAPTURE.* or PAYMENT.SALE.*; `before` is what a stale snapshot would show."""
    base = books_of(deed).base
    kind = "SALE" if capture.api is Api.V1 else "CAPTURE"
    verb = verb or _CAPTURE_VERBS[capture.status]
    # v1 has no DECLINED: a refused sale is DENIED at once.
    verb = "DENIED" if kind == "SALE" and verb == "DECLINED" else verb
    amount = f"{capture.amount.currency} {capture.amount.value}"
    _tell(
        deed,
        f"PAYMENT.{kind}.{verb}",
        kind.lower(),
        f"Payment {verb.lower()} for {amount}",
        capture_event_resource(capture, base),
        stale=capture_event_resource(before, base) if before else None,
    )


def tell_refund(deed: Deed, refund: Refund, verb: str) -> None:
    """Tell REFUNDED or REVERSED of the capture or sale; the resource is the refund."""
    kind = "SALE" if refund.api is Api.V1 else "CAPTURE"
    amount = f"{refund.amount.currency} {refund.amount.value}"
    resource = refund_event_resource(refund, books_of(deed).base)
    summary = f"A {amount} {kind.lower()} payment was {verb.lower()}"
    _tell(deed, f"PAYMENT.{kind}.{verb}", _REFUND_RESOURCE_TYPES[refund.api], summary, resource)


def tell_refund_progress(deed: Deed, refund: Refund, verb: str) -> None:
    """Tell PAYMENT.REFUND.PENDING or FAILED [M]; a v1 refund has no such events."""
    if refund.api is Api.V2:
        resource = refund_event_resource(refund, books_of(deed).base)
        _tell(deed, f"PAYMENT.REFUND.{verb}", "refund", f"A refund is {verb.lower()}", resource)


def tell_dispute(deed: Deed, dispute: Dispute, verb: str) -> None:
    """Tell CUSTOMER.DISPUTE.CREATED, UPDATED or RESOLVED."""
    resource = dispute_resource(dispute, books_of(deed).base)
    summary = f"A dispute was {verb.lower()} with Case # {dispute.id}"
    _tell(deed, f"CUSTOMER.DISPUTE.{verb}", "dispute", summary, resource)


def reissued(books: Books, event: Event, now: float) -> Event:
    """Give the same fact under a new event id, listed like any other."""
    return _kept(books, event.type, event.body, now)


def _tell(
    deed: Deed,
    event_type: str,
    resource_type: str,
    summary: str,
    resource: Json,
    stale: Json | None = None,
) -> None:
    body: Json = {
        "id": "",
        "event_version": "1.0",
        "create_time": "",
        "resource_type": resource_type,
        "resource_version": "1.0" if event_type.startswith("PAYMENT.SALE") else "2.0",
        "event_type": event_type,
        "summary": summary,
        "resource": resource,
    }
    deed.emit(_kept(books_of(deed), event_type, body, deed.now, stale))


def _kept(
    books: Books, event_type: str, body: Json, now: float, stale: Json | None = None
) -> Event:
    name = event_id()
    created = zulu_millis(datetime.fromtimestamp(now, UTC))
    whole: Json = body | {
        "id": name,
        "create_time": created,
        "links": event_links(name, books.base),
    }
    event = Event(
        id=name,
        provider="paypal",
        type=event_type,
        created=now,
        body=whole,
        stale_body=whole | {"resource": stale} if stale else None,
    )
    books.events[name] = event
    return event
