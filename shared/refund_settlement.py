"""The one door through which a refund's status is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import structlog
from sqlalchemy import Connection

from shared.container import Container
from shared.domain import outcomes as o
from shared.domain.charge import Charge
from shared.domain.circuit import Key
from shared.domain.decisions import Circumstances
from shared.domain.errors import ClaimLost
from shared.domain.money import Money
from shared.domain.outbound import OutboundType
from shared.domain.refund import RESERVING, Refund, RefundFact, RefundStatus
from shared.domain.refund_decisions import RefundDecision, RefundOutcome, judge_refund
from shared.domain.refund_moves import RefundEvent
from shared.repository import charges, circuits, outbox, refunds
from shared.settlement import Source, settle

log = structlog.get_logger()

_ANNOUNCED: Final = {
    RefundStatus.SUCCEEDED: OutboundType.REFUND_SUCCEEDED,
    RefundStatus.FAILED: OutboundType.REFUND_FAILED,
    RefundStatus.CANCELED: OutboundType.REFUND_FAILED,
    RefundStatus.NEEDS_REVIEW: OutboundType.REFUND_NEEDS_REVIEW,
}
"""What the ticketing platform is told when a refund arrives at a status."""


@dataclass(frozen=True, slots=True)
class Locked:
    """A refund in hand within a transaction, with its charge, which is locked before it."""

    charge: Charge
    refund: Refund


def lock(connection: Connection, refund_id: int) -> Locked:
    """Lock order, charge, refund."""
    charge = charges.lock_charge(connection, refunds.charge_of(connection, refund_id))
    return Locked(charge, refunds.lock_refund(connection, refund_id))


def settle_refund(
    connection: Connection,
    deps: Container,
    refund_id: int,
    outcome: RefundOutcome,
    source: Source,
) -> RefundStatus:
    """Lock order, charge, refund; decide; record: for the direct answer, the event and the read.

    Raises ClaimLost where the claim that brings the outcome has a successor.
    """
    held = lock(connection, refund_id)
    charge, refund = held.charge, held.refund
    if source.claim_number not in (None, refund.claim_number):
        raise ClaimLost(f"refund {refund_id}: claim {source.claim_number} was taken over")
    now, key = deps.clock(), Key(charge.provider, charge.account or "")
    hold = circuits.hold_of(connection, key, since=refund.created_at, now=now)
    seen = Circumstances(
        now=now,
        tries=refund.tries,
        jitter=deps.jitter(),
        livemode=deps.livemode(charge.provider),
        limits=deps.settings.limits,
        asked_at=refund.started_at,
        held_until=hold.until,
        excused=hold.excused,
    )
    decision = judge_refund(refund, outcome, seen)
    write_refund(connection, deps, held, outcome, decision, source)
    return decision.status


def write_refund(
    connection: Connection,
    deps: Container,
    held: Locked,
    outcome: RefundOutcome,
    decision: RefundDecision,
    source: Source,
) -> None:
    """Write what was decided of a refund; the database refuses any other status."""
    refund, now = held.refund, deps.clock()
    values = _learnt(refund, outcome, decision) | _state(refund, decision, source)
    if values:
        refunds.update_refund(connection, refund.id, values | {"updated_at": now})
    if decision.status is not refund.status:
        refunds.record_transition(
            connection, refund, decision, at=now, actor=source.actor, evidence=source.evidence
        )
        _follow_up(connection, deps, held, decision, source)
    about = {"refund_id": refund.id, "charge_id": held.charge.id}
    log.info("refund.settled", **about, status=decision.status, by=decision.event)


def _learnt(refund: Refund, outcome: RefundOutcome, decision: RefundDecision) -> dict[str, Any]:
    match outcome:
        case RefundFact(reference) if decision.event is not RefundEvent.CONTRADICTED:
            return {} if refund.provider_reference else {"provider_reference": reference}
        case o.Indeterminate(_, replayable):
            return {"maybe_executed": True} | ({} if replayable else {"replayable": False})
        case o.Absent():
            # Whatever the key answers from now on, it never made a refund: another key may.
            return {"maybe_executed": False, "replayable": False}
        case _:
            return {}


def _state(refund: Refund, decision: RefundDecision, source: Source) -> dict[str, Any]:
    if decision.status is refund.status:
        # Only the holder of the claim lets go of it; an event may come while the call is out.
        is_ours_to_put_off = source.claim_number is not None and decision.retry_at is not None
        return _put_off(decision) if is_ours_to_put_off else {}
    failure = decision.failure
    return _put_off(decision) | {
        "status": decision.status,
        "failure_code": failure.code if failure else None,
        "failure_message": failure.message if failure else None,
    }


def _put_off(decision: RefundDecision) -> dict[str, Any]:
    at = decision.retry_at
    return {"claimed_until": None, "next_attempt_at": at, "dispatch_at": at}


def _follow_up(
    connection: Connection,
    deps: Container,
    held: Locked,
    decision: RefundDecision,
    source: Source,
) -> None:
    charge, refund, now = held.charge, held.refund, deps.clock()
    if decision.status is RefundStatus.NEEDS_REVIEW:
        about = {"refund_id": refund.id, "charge_id": charge.id}
        log.error("refund.needs_review", **about, reason=decision.reason)
    evidence = Source(source.actor, evidence=(source.evidence or {}) | {"refund": refund.id})
    total = refunds.sum_refunds(connection, charge.id, now)
    told = [
        outbox.Announcement(
            charge.order_id, _ANNOUNCED[decision.status], _payload(charge, refund, decision)
        )
    ]
    if total.is_whole_now:
        told.append(_whole(charge))
    outbox.announce(connection, told, now)
    if refund.stray_capture_id is not None and decision.status not in RESERVING:
        complaint = o.Contradicted(
            f"the refund of capture {refund.capture_reference} {decision.status}"
        )
        settle(connection, deps, charge.id, complaint, evidence)
    if total.is_too_much:
        back, taken = (
            Money(amount, charge.money.currency) for amount in (total.total, total.captured)
        )
        complaint = o.Contradicted(f"refunded {back} of {taken}")
        settle(connection, deps, charge.id, complaint, evidence)


def _whole(charge: Charge) -> outbox.Announcement:
    told = {
        "order": str(charge.order_identifier),
        "charge": str(charge.identifier),
        "amount": charge.money.major,
        "currency": charge.money.currency,
    }
    return outbox.Announcement(charge.order_id, OutboundType.ORDER_REFUNDED, told)


def _payload(charge: Charge, refund: Refund, decision: RefundDecision) -> dict[str, str | None]:
    return {
        "refund": str(refund.identifier),
        "charge": str(charge.identifier),
        "order": str(charge.order_identifier),
        "status": decision.status,
        "amount": refund.money.major,
        "currency": refund.money.currency,
        "failure-code": decision.failure.code if decision.failure else None,
    }
