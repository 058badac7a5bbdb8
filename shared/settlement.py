"""The one door through which a charge's status is written after its claim."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import Connection

from shared import metrics, review, stray_money
from shared.container import Container
from shared.domain import outcomes as o
from shared.domain.charge import SETTLED, Charge, Status
from shared.domain.circuit import Key
from shared.domain.decisions import Circumstances, Decision, judge
from shared.domain.errors import ClaimLost
from shared.domain.evidence import facts_of
from shared.domain.retry_policy import AttemptRecord
from shared.domain.state_machine import Event
from shared.domain.suggestions import Case
from shared.repository import attempts, charges, circuits, ledger, strays

log = structlog.get_logger()

WAITING: Final = {Status.ACCEPTED, Status.SUBMITTING, Status.INDETERMINATE}
_INDEFINITE: Final = (o.NotSent, o.Indeterminate, o.Misconfigured, o.PayerActed)


@dataclass(frozen=True, slots=True)
class Source:
    """Who brings an outcome: a worker with its claim, or an event or a read without one."""

    actor: str
    claim_number: int | None = None
    evidence: dict[str, Any] | None = None


def settle(
    connection: Connection, deps: Container, charge_id: int, outcome: o.Outcome, source: Source
) -> Status:
    """Lock, decide, record: the same for the direct answer, the webhook and the reconciler.

    Raises ClaimLost where the claim that brings the outcome has a successor.
    """
    charge = charges.lock_charge(connection, charge_id)
    if source.claim_number not in (None, charge.claim_number):
        raise ClaimLost(f"charge {charge_id}: claim {source.claim_number} was taken over")
    attempt = attempts.open_attempt(connection, charge_id)
    seen = circumstances(connection, deps, charge, outcome, attempt)
    if isinstance(outcome, o.Unanswered):
        seen = _held(connection, charge, attempt, seen, source)
    now = seen.now
    decision = judge(charge, outcome, seen)
    is_over = decision.status in SETTLED
    _write_attempt(connection, charge, attempt, outcome, now, is_over=is_over)
    if decision.verdict is not None and isinstance(outcome, o.Approved):
        evidence = {**(source.evidence or {}), "answer": facts_of(outcome)}
        found = strays.Finding(now, source.actor, evidence)
        stray_money.keep(connection, charge, outcome, decision.verdict, found)
    if decision.status is not charge.status:
        if decision.status is Status.NEEDS_REVIEW:
            case = Case(charge, outcome, decision.verdict.misfit if decision.verdict else None)
            source = replace(source, evidence=review.present(connection, case, source.evidence))
        _write_move(connection, charge, outcome, decision, source, now)
        _count_move(charge, decision.status, attempt, now)
    elif source.claim_number is not None and decision.retry_at and decision.status in WAITING:
        charges.update_charge(connection, charge_id, _put_off(decision, now))
    log.info("charge.settled", charge_id=charge_id, status=decision.status, by=decision.event)
    return decision.status


def write_resolution(
    connection: Connection,
    deps: Container,
    charge: Charge,
    outcome: o.Outcome,
    decision: Decision,
    source: Source,
) -> None:
    """Write what a person decided of a locked charge; the database refuses any other status."""
    now = deps.clock()
    _write_attempt(connection, charge, None, outcome, now, is_over=True)
    _write_move(connection, charge, outcome, decision, source, now)
    log.info("charge.resolved", charge_id=charge.id, status=decision.status, by=decision.event)


def circumstances(
    connection: Connection,
    deps: Container,
    charge: Charge,
    outcome: o.Outcome,
    attempt: attempts.Attempt | None,
) -> Circumstances:
    """What a decision about the charge needs besides the charge and the outcome."""
    money = outcome.capture_reference if isinstance(outcome, o.Approved) else None
    is_late = money is not None and charge.status is Status.FAILED
    now = deps.clock()
    return Circumstances(
        now=now,
        tries=attempt.tries + attempt.number - 1 if attempt else 0,
        jitter=deps.jitter(),
        livemode=deps.livemode(charge.provider),
        limits=deps.settings.limits,
        asked_at=attempt.started_at if attempt else None,
        late_money=deps.settings.late_money_wishes,
        is_contested=is_late and charges.is_contested(connection, charge),
        is_kept_apart=(
            money is not None and strays.find_stray(connection, charge, money) is not None
        ),
    )


def _held(
    connection: Connection,
    charge: Charge,
    attempt: attempts.Attempt | None,
    seen: Circumstances,
    source: Source,
) -> Circumstances:
    """What the charge's circuit changes: while it rests, a call that failed was no try."""
    key = Key(charge.provider, charge.account or "")
    hold = circuits.hold_of(connection, key, since=charge.created_at, now=seen.now)
    if hold.until is not None and attempt is not None and source.claim_number is not None:
        attempts.forgive_try(connection, attempt.id)
    return replace(seen, held_until=hold.until, excused=hold.excused)


def _write_attempt(
    connection: Connection,
    charge: Charge,
    attempt: attempts.Attempt | None,
    outcome: o.Outcome,
    now: datetime,
    *,
    is_over: bool,
) -> None:
    answer = facts_of(outcome) | {"at": now.isoformat()}
    if is_over or not isinstance(outcome, _INDEFINITE):
        attempts.finish_attempt(connection, charge.id, type(outcome).__name__, now, answer)
    elif attempt:
        taught = _taught(attempt.record, outcome)
        attempts.note_answer(connection, attempt.id, taught, answer)


def _taught(record: AttemptRecord, outcome: o.Outcome) -> AttemptRecord:
    if not isinstance(outcome, o.NotSent | o.Indeterminate):
        return record
    maybe_executed = record.maybe_executed or isinstance(outcome, o.Indeterminate)
    replayable = outcome.replayable and record.replayable
    return replace(record, maybe_executed=maybe_executed, replayable=replayable)


def _write_move(
    connection: Connection,
    charge: Charge,
    outcome: o.Outcome,
    decision: Decision,
    source: Source,
    now: datetime,
) -> None:
    values = _state(decision, now) | _facts(outcome, decision)
    charges.update_charge(connection, charge.id, values)
    ledger.record_transition(
        connection, charge, decision, at=now, actor=source.actor, evidence=source.evidence
    )
    if decision.status is Status.SUCCEEDED:
        if charge.status is Status.FAILED:
            log.warning("charge.paid_late", charge_id=charge.id, order_was=charge.order_status)
        ledger.complete_order(connection, charge.order_id, now)
    ledger.announce(connection, charge, decision, now)


def _count_move(
    charge: Charge, status: Status, attempt: attempts.Attempt | None, now: datetime
) -> None:
    metrics.CHARGE_MOVES.labels(charge.provider, status).inc()
    if status in SETTLED and charge.status not in SETTLED:
        waited = (now - charge.created_at).total_seconds()
        metrics.CHARGE_SETTLE_SECONDS.labels(charge.provider).observe(waited)
        if attempt:
            metrics.CHARGE_TRIES.labels(charge.provider).observe(attempt.tries)


def _put_off(decision: Decision, now: datetime) -> dict[str, Any]:
    return {
        "claimed_until": None,
        "next_attempt_at": decision.retry_at,
        "dispatch_at": decision.retry_at,
        "updated_at": now,
    }


def _state(decision: Decision, now: datetime) -> dict[str, Any]:
    failure = decision.failure
    values = _put_off(decision, now) | {
        "status": decision.status,
        "deadline_at": decision.deadline_at,
        "settled_at": now if decision.status in SETTLED else None,
        "failure_code": failure.code if failure else None,
        "failure_message": failure.message if failure else None,
        "next_action": None,
    }
    if decision.is_final:
        values |= {"parked_reason": None}
    return values if decision.status in WAITING else values | {"instrument": None}


def _facts(outcome: o.Outcome, decision: Decision) -> dict[str, Any]:
    if decision.event is Event.CONTRADICTED:
        return {}  # the provider's ids may be another charge's: they stay in the evidence
    match outcome:
        case o.Approved():
            return _capture(outcome)
        case o.RequiresAction(reference, action):
            return {"provider_reference": reference, "next_action": _action(action)}
        case o.Submitted(reference, _, capture) if capture:
            return {"provider_reference": reference, "capture_reference": capture}
        case o.Submitted(reference) | o.PayerActed(reference) | o.Canceled(reference):
            return {"provider_reference": reference}
        case o.Declined(reference=str(reference)):
            return {"provider_reference": reference}
        case _:
            return {}


def _capture(fact: o.Approved) -> dict[str, Any]:
    card = fact.card or o.Card("unknown")
    return {
        "provider_reference": fact.reference,
        "capture_reference": fact.capture_reference,
        "amount_captured_minor": fact.money.amount_minor,
        "paid_via": card.paid_via,
        "brand": card.brand,
        "last4": card.last4,
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
    }


def _action(action: o.NextAction) -> dict[str, str]:
    known = {"kind": action.kind, "url": action.url, "client-secret": action.client_secret}
    return {name: value for name, value in known.items() if value is not None}
