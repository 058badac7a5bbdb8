"""A refund carried out through any adapter."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from shared.domain import outcomes as o
from shared.domain.money import Money
from shared.domain.refund import Captured
from shared.domain.refund_decisions import RefundOutcome
from shared.providers.base import ChargeRequest, FrozenCall, PaymentProvider, RefundRequest
from tests.contract.mailbox import Mailbox
from tests.contract.paypal_rig import PayPalRig
from tests.contract.performing import perform
from tests.contract.rig import Rig
from tests.contract.stripe_rig import StripeRig

PART = Money(500, "USD")


@dataclass(frozen=True)
class Venue:
    """One provider's way to refund: how money comes in first, where its refunds are POSTed."""

    rig: Rig
    ask: Callable[[], ChargeRequest]
    refunding: str

    @property
    def adapter(self) -> PaymentProvider:
        """The rig's."""
        return self.rig.adapter

    def paid(self) -> RefundRequest:
        """A request to give back a part of a new charge that was just paid."""
        charge = self.ask()
        approved = perform(self.rig, charge)
        assert isinstance(approved, o.Approved), approved
        return RefundRequest(
            refund=uuid.uuid4(),
            charge=charge.charge,
            order=charge.order,
            money=PART,
            captured=Captured(approved.reference, approved.capture_reference),
        )

    def strike(self, fault: str, **arguments: object) -> None:
        """Let the fault strike the next refund, once."""
        self.rig.control.fault(fault, self.refunding, **arguments)

    def refunded(self) -> list[int]:
        """What the sandbox's ledger gave back: one entry a movement."""
        rows = self.rig.control.ledger()
        return [-row["amount_minor"] for row in rows if row["kind"] == "refund"]


def stripe_venue(url: str, mailbox: Mailbox) -> Venue:
    """Stripe: a PaymentIntent's charge."""
    rig = StripeRig(url, mailbox)
    return Venue(rig, rig.request, "^POST /v1/refunds$")


def paypal_venue(url: str, mailbox: Mailbox) -> Venue:
    """PayPal's Payments v2: an order's capture."""
    rig = PayPalRig(url, mailbox)
    return Venue(rig, rig.request, "^POST /v2/payments/captures/[^/]+/refund$")


def paypal_v1_venue(url: str, mailbox: Mailbox) -> Venue:
    """PayPal's Payments v1: a payment's sale."""
    rig = PayPalRig(url, mailbox)
    return Venue(rig, rig.payment, "^POST /v1/payments/sale/[^/]+/refund$")


VENUES: dict[str, Callable[[str, Mailbox], Venue]] = {
    "stripe": stripe_venue,
    "paypal": paypal_venue,
    "paypal v1": paypal_v1_venue,
}


def freeze(venue: Venue, request: RefundRequest) -> FrozenCall:
    """Freeze the call, through JSON as the database keeps it."""
    call = venue.adapter.refunds.freeze(request)
    return FrozenCall(call.operation, json.loads(json.dumps(call.body)))


def key_of(request: RefundRequest) -> str:
    return f"ref-{request.refund}"


def refund(venue: Venue, request: RefundRequest) -> RefundOutcome:
    return venue.adapter.refunds.perform(freeze(venue, request), key_of(request))
