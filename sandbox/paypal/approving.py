"""What the payer does on PayPal's own pages."""

from dataclasses import replace
from datetime import datetime, timedelta

from sandbox.call import Deed
from sandbox.paypal.books import books_of, moment
from sandbox.paypal.objects import Order, OrderStatus
from sandbox.paypal.personas import PERSONAS
from sandbox.paypal.problems import Detail, invalid, unprocessable
from sandbox.paypal.telling import tell_approval_reversed, tell_order
from sandbox.tenants import Tenant

APPROVAL_LIFE = timedelta(hours=3)
"""An approved order nobody captures is reversed after about three hours [D]."""
_APPROVABLE = frozenset(
    {OrderStatus.CREATED, OrderStatus.PAYER_ACTION_REQUIRED, OrderStatus.APPROVED}
)


def approve(deed: Deed, order: Order, payer: str) -> Order:
    """Let a persona approve; an approved order may be approved again, by another payer."""
    if payer not in PERSONAS:
        raise invalid(Detail("INVALID_PARAMETER_VALUE", "/payer", payer))
    if order.status not in _APPROVABLE:
        raise unprocessable("ORDER_ALREADY_CAPTURED")
    now = moment(deed)
    approved = replace(
        order, status=OrderStatus.APPROVED, payer=payer, approved_at=now, updated_at=now
    )
    books_of(deed).keep(approved)
    tell_order(deed, approved, "APPROVED")
    deadline = deed.tenant.clock.now() + APPROVAL_LIFE.total_seconds()
    deed.tenant.clock.at(deadline, lambda: reverse_approval(deed.tenant, approved))
    return approved


def cancel(deed: Deed, order: Order) -> Order:
    """Let the payer go back without approving: nothing changes but who has looked at it."""
    if order.status not in _APPROVABLE:
        raise unprocessable("ORDER_ALREADY_CAPTURED")
    waiting = replace(order, status=OrderStatus.CREATED, payer=None, approved_at=None)
    books_of(deed).keep(waiting)
    return waiting


def void(deed: Deed, order: Order) -> Order:
    """Take an uncaptured order out of the world, telling nobody."""
    gone = replace(order, status=OrderStatus.VOIDED, updated_at=moment(deed))
    books_of(deed).keep(gone)
    return gone


def reverse_approval(tenant: Tenant, approved: Order) -> None:
    """Undo an approval that is still the latest word on its order."""
    deed = Deed(tenant, "paypal")
    latest = books_of(deed).orders.get(approved.id)
    if latest is not None and _approval(latest) == _approval(approved):
        tell_approval_reversed(deed, void(deed, latest))
        deed.publish()


def _approval(order: Order) -> tuple[OrderStatus, datetime | None]:
    return order.status, order.approved_at
