"""What happens to captured money: refunds and disputes as the providers tell of them."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import uuid4

from sqlalchemy import Connection

from shared.container import Container
from shared.domain import outcomes as o
from shared.domain.charge import SETTLED, Charge, Status
from shared.domain.outbound import OutboundType
from shared.domain.refund import RefundFact
from shared.providers.base import DisputeFact
from shared.refund_settlement import settle_refund
from shared.repository import charges, disputes, outbox, refunds, strays
from shared.settlement import Source, settle

APPLIED: Final = "applied"
EARLY: Final = "early"
ELSEWHERE: Final = "another_capture"


def apply(
    connection: Connection,
    deps: Container,
    charge_id: int,
    fact: RefundFact | DisputeFact,
    source: Source,
) -> str:
    """Write the fact onto its charge; EARLY while that would be too soon.

    A capture may have a twin by accident. What happens to one says nothing of the other, whatever
    order both name: a refunded twin must not take the order from its payer. What is known to have
    come late or twice is disputed like any other; of what is not known, nothing is (ELSEWHERE).
    """
    charge = charges.lock_charge(connection, charge_id)
    stray_id = strays.find_stray(connection, charge, fact.capture_reference)
    if stray_id is None and charge.capture_reference not in {None, fact.capture_reference}:
        return ELSEWHERE
    if stray_id is None and charge.status not in SETTLED | {Status.NEEDS_REVIEW}:
        return EARLY
    match fact:
        case RefundFact():
            return _apply_refund(connection, deps, charge, stray_id, fact, source)
        case DisputeFact():
            _apply_dispute(connection, charge, fact, deps.clock())
            return APPLIED


def _apply_refund(
    connection: Connection,
    deps: Container,
    charge: Charge,
    stray_id: int | None,
    fact: RefundFact,
    source: Source,
) -> str:
    """Settle the one row of that refund, or make one for what was done at the provider.

    A refund of ours whose answer we never saw may be the very one that an event tells without
    naming it: until ours has found its own, what is nameless waits.
    """
    refund_id = refunds.find_refund(connection, charge.provider, charge.id, fact)
    is_nameless = refund_id is None
    if is_nameless and refunds.is_any_in_flight(connection, charge.id, stray_id):
        return EARLY
    if refund_id is None:
        now = deps.clock()
        refund_id = refunds.store_foreign(connection, charge.id, stray_id, uuid4(), fact, now)
    settle_refund(connection, deps, refund_id, fact, source)
    if is_nameless and refunds.is_named(connection, charge.id, fact.our_references):
        complaint = o.Contradicted(f"a second refund {fact.refund_reference} of one that we made")
        settle(connection, deps, charge.id, complaint, source)
    return APPLIED


def _apply_dispute(
    connection: Connection, charge: Charge, fact: DisputeFact, now: datetime
) -> None:
    course = disputes.store_dispute(connection, charge.id, fact, now)
    happened = {
        OutboundType.DISPUTE_OPENED: course.is_opened,
        OutboundType.DISPUTE_CLOSED: course.is_closed,
    }
    told = {
        "dispute": fact.dispute_reference,
        "charge": str(charge.identifier),
        "order": str(charge.order_identifier),
        "status": course.status,
        "amount": fact.money.major,
        "currency": fact.money.currency,
        "reason": fact.reason,
    }
    kinds = [kind for kind, is_so in happened.items() if is_so]
    told_now = [outbox.Announcement(charge.order_id, kind, told) for kind in kinds]
    outbox.announce(connection, told_now, now)
