"""The books one merchant has at PayPal."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sandbox.call import Deed
from sandbox.paypal.objects import (
    Api,
    Capture,
    CaptureStatus,
    Dispute,
    Order,
    OrderStatus,
    Refund,
)
from sandbox.paypal.problems import not_found
from sandbox.webhook_parts import Event

ORDER_LIFE = timedelta(hours=72)
"""How long a payer may take to approve: "hours" [M]; a choice."""


@dataclass(slots=True)
class Books:
    """All objects of a tenant, by id; `base` is the address the merchant last called us at."""

    base: str = ""
    orders: dict[str, Order] = field(default_factory=dict)
    captures: dict[str, Capture] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    disputes: dict[str, Dispute] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    capturing: set[str] = field(default_factory=set)
    """Orders with a capture call in flight."""
    invoices: set[str] = field(default_factory=set)
    """Invoice ids that were paid."""
    blocks_duplicate_invoices: bool = True
    _paid: dict[str, dict[str, None]] = field(default_factory=dict)
    _returned: dict[str, dict[str, None]] = field(default_factory=dict)

    def captures_of(self, order: Order) -> list[Capture]:
        """Give an order's captures, oldest first."""
        return [self.captures[name] for name in self._paid.get(order.id, ())]

    def refunds_of(self, order: Order) -> list[Refund]:
        """Give an order's refunds, oldest first."""
        return [self.refunds[name] for name in self._returned.get(order.id, ())]

    def keep(self, *things: Order | Capture | Refund | Dispute) -> None:
        """Write things into the books, over their former state."""
        for thing in things:
            match thing:
                case Order():
                    self.orders[thing.id] = thing
                case Capture():
                    self.captures[thing.id] = thing
                    self._paid.setdefault(thing.order_id, {})[thing.id] = None
                case Refund():
                    self.refunds[thing.id] = thing
                    self._returned.setdefault(thing.order_id, {})[thing.id] = None
                case Dispute():
                    self.disputes[thing.id] = thing

    def owns_invoice(self, invoice_ids: Iterable[str | None]) -> bool:
        """Say whether one of these invoices was paid before, where the account cares."""
        wanted = {invoice_id for invoice_id in invoice_ids if invoice_id}
        return self.blocks_duplicate_invoices and not wanted.isdisjoint(self.invoices)


def books_of(deed: Deed) -> Books:
    """Give the books of the tenant a deed is done for."""
    return deed.tenant.room(Books)


def moment(deed: Deed) -> datetime:
    """Give the virtual time of a deed."""
    return datetime.fromtimestamp(deed.now, UTC)


def find_order(deed: Deed, order_id: str, api: Api) -> Order:
    """Give an order of this dialect; 404 for none, and for one whose payer took too long."""
    order = books_of(deed).orders.get(order_id)
    if order is None or order.api is not api or _is_expired(deed, order):
        raise not_found()
    return order


def find_capture(deed: Deed, capture_id: str, api: Api) -> Capture:
    """Give a capture of this dialect, or 404."""
    capture = books_of(deed).captures.get(capture_id)
    if capture is None or capture.api is not api:
        raise not_found()
    return capture


def find_refund(deed: Deed, refund_id: str, api: Api) -> Refund:
    """Give a refund of this dialect, or 404."""
    refund = books_of(deed).refunds.get(refund_id)
    if refund is None or refund.api is not api:
        raise not_found()
    return refund


def has_money(capture: Capture) -> bool:
    """Say whether a capture ever moved money."""
    return capture.status not in (CaptureStatus.PENDING, CaptureStatus.DECLINED)


def _is_expired(deed: Deed, order: Order) -> bool:
    waiting = order.status in (OrderStatus.CREATED, OrderStatus.PAYER_ACTION_REQUIRED)
    return waiting and moment(deed) - order.created_at > ORDER_LIFE
