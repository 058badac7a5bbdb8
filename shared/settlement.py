"""The one door through which a charge's status is written after its claim."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import Connection

from shared import metrics, review, stray_money
from shared.batch import Writer, together
from shared.container import Container
from shared.domain import outcomes as o
from shared.domain.charge import SETTLED, Charge, Status
from shared.domain.circuit import Key
from shared.domain.decisions import Circumstances, Decision, judge
from shared.domain.errors import ClaimLost
from shared.domain.evidence import facts_of
from shared.domain.retry_policy import AttemptRecord
from shared.domain.suggestions import Case
from shared.repository import attempts, charge_columns, charges, circuits, ledger, strays
from shared.repository.charge_columns import WAITING
from shared.repository.settling import Weighed, lock_to_settle

log = structlog.get_logger()

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
    weighed = weigh(connection, charge_id, outcome)
    charge = weighed.charge
    if source.claim_number not in (None, charge.claim_number):
        raise ClaimLost(f"charge {charge_id}: claim {source.claim_number} was taken over")
    seen = circumstances(connection, deps, weighed, outcome)
    if isinstance(outcome, o.Unanswered):
        seen = _held(connection, weighed, seen, source)
    decision = judge(charge, outcome, seen)
    if decision.verdict is not None and isinstance(outcome, o.Approved):
        evidence = {**(source.evidence or {}), "answer": facts_of(outcome)}
        found = strays.Finding(seen.now, source.actor, evidence)
        stray_money.keep(connection, charge, outcome, decision.verdict, found)
    _record(connection, weighed, outcome, decision, source, seen.now)
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
    with together(connection) as writer:
        _finish_attempt(writer, charge.id, outcome, now)
        _write_move(writer, charge, outcome, decision, source, now)
    log.info("charge.resolved", charge_id=charge.id, status=decision.status, by=decision.event)


def weigh(connection: Connection, charge_id: int, outcome: o.Outcome) -> Weighed:
    """Lock the charge, and read what a decision about it and the outcome needs."""
    capture = outcome.capture_reference if isinstance(outcome, o.Approved) else None
    return lock_to_settle(connection, charge_id, capture)


def circumstances(
    connection: Connection, deps: Container, weighed: Weighed, outcome: o.Outcome
) -> Circumstances:
    """What a decision about the charge needs besides the charge and the outcome."""
    charge, attempt, now = weighed.charge, weighed.attempt, deps.clock()
    is_late = isinstance(outcome, o.Approved) and charge.status is Status.FAILED
    return Circumstances(
        now=now,
        tries=attempt.tries + attempt.number - 1 if attempt else 0,
        jitter=deps.jitter(),
        livemode=deps.livemode(charge.provider),
        limits=deps.settings.limits,
        asked_at=attempt.started_at if attempt else None,
        late_money=deps.settings.late_money_wishes,
        is_contested=is_late and charges.is_contested(connection, charge),
        is_kept_apart=weighed.is_kept_apart,
    )


def _held(
    connection: Connection, weighed: Weighed, seen: Circumstances, source: Source
) -> Circumstances:
    """What the charge's circuit changes: while it rests, a call that failed was no try."""
    charge, attempt = weighed.charge, weighed.attempt
    key = Key(charge.provider, charge.account or "")
    hold = circuits.hold_of(connection, key, since=charge.created_at, now=seen.now)
    if hold.until is not None and attempt is not None and source.claim_number is not None:
        attempts.forgive_try(connection, attempt)
    return replace(seen, held_until=hold.until, excused=hold.excused)


def _record(
    connection: Connection,
    weighed: Weighed,
    outcome: o.Outcome,
    decision: Decision,
    source: Source,
    now: datetime,
) -> None:
    charge = weighed.charge
    is_for_a_person = decision.status is Status.NEEDS_REVIEW is not charge.status
    with together(connection) as writer:
        is_over = decision.status in SETTLED
        _write_attempt(writer, weighed, outcome, now, is_over=is_over)
        if not is_for_a_person:
            _write_decision(writer, weighed, outcome, decision, source, now)
    if is_for_a_person:  # who is shown the attempt as it has just been written
        case = Case(charge, outcome, decision.verdict.misfit if decision.verdict else None)
        shown = replace(source, evidence=review.present(connection, case, source.evidence))
        _write_decision(connection, weighed, outcome, decision, shown, now)


def _write_attempt(
    writer: Writer, weighed: Weighed, outcome: o.Outcome, now: datetime, *, is_over: bool
) -> None:
    attempt = weighed.attempt
    if attempt is None:
        return
    if is_over or not isinstance(outcome, _INDEFINITE):
        _finish_attempt(writer, attempt.charge_id, outcome, now)
    else:
        taught = replace(attempt, record=_taught(attempt.record, outcome))
        attempts.note_answer(writer, taught, _answer(outcome, now))


def _finish_attempt(writer: Writer, charge_id: int, outcome: o.Outcome, now: datetime) -> None:
    kind = type(outcome).__name__
    attempts.finish_attempt(writer, charge_id, kind, now, _answer(outcome, now))


def _answer(outcome: o.Outcome, now: datetime) -> attempts.Answer:
    return facts_of(outcome) | {"at": now.isoformat()}


def _write_decision(
    writer: Writer,
    weighed: Weighed,
    outcome: o.Outcome,
    decision: Decision,
    source: Source,
    now: datetime,
) -> None:
    charge = weighed.charge
    if decision.status is not charge.status:
        _write_move(writer, charge, outcome, decision, source, now)
        _count_move(charge, decision.status, weighed.attempt, now)
    elif source.claim_number is not None and decision.retry_at and decision.status in WAITING:
        charges.update_charge(writer, charge.id, charge_columns.put_off(decision, now))
    elif card := charge_columns.card_learned(charge, outcome, now):
        charges.update_charge(writer, charge.id, card)


def _taught(record: AttemptRecord, outcome: o.Outcome) -> AttemptRecord:
    if not isinstance(outcome, o.NotSent | o.Indeterminate):
        return record
    maybe_executed = record.maybe_executed or isinstance(outcome, o.Indeterminate)
    replayable = outcome.replayable and record.replayable
    return replace(record, maybe_executed=maybe_executed, replayable=replayable)


def _write_move(
    writer: Writer,
    charge: Charge,
    outcome: o.Outcome,
    decision: Decision,
    source: Source,
    now: datetime,
) -> None:
    charges.update_charge(writer, charge.id, charge_columns.moved(charge, outcome, decision, now))
    ledger.record_transition(
        writer, charge, decision, at=now, actor=source.actor, evidence=source.evidence
    )
    if decision.status is Status.SUCCEEDED:
        if charge.status is Status.FAILED:
            log.warning("charge.paid_late", charge_id=charge.id, order_was=charge.order_status)
        ledger.complete_order(writer, charge.order_id, now)
    ledger.announce(writer, charge, decision, now)


def _count_move(
    charge: Charge, status: Status, attempt: attempts.Attempt | None, now: datetime
) -> None:
    metrics.CHARGE_MOVES.labels(charge.provider, status).inc()
    if status in SETTLED and charge.status not in SETTLED:
        waited = (now - charge.created_at).total_seconds()
        metrics.CHARGE_SETTLE_SECONDS.labels(charge.provider).observe(waited)
        if attempt:
            metrics.CHARGE_TRIES.labels(charge.provider).observe(attempt.tries)
