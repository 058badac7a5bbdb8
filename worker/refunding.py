"""One refund: claim it, ask the provider, settle the answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Connection

from shared import metrics
from shared.container import Container
from shared.crash_points import CrashPoint, reached
from shared.db import unit_of_work
from shared.domain.decisions import weigh_absence
from shared.domain.errors import ClaimLost, NotConfigured
from shared.domain.refund_decisions import RefundOutcome
from shared.domain.retry_policy import Step, next_step
from shared.observability import about
from shared.providers.base import RefundRequest
from shared.refund_settlement import settle_refund
from shared.repository import pacing, refund_claims, refunds
from shared.repository.traces import link_charge
from shared.settlement import Source
from worker.breaker import key_of, refuse, tell
from worker.pacing import has_to_wait
from worker.patience import patiently
from worker.report import Report, report

log = structlog.get_logger()

_ACTOR: Final = "worker"


@dataclass(frozen=True, slots=True)
class Claim:
    """A refund in hand: what to ask, and under which fencing number."""

    held: refund_claims.ClaimedRefund
    stored: refund_claims.StoredCall | None
    """None where the provider has the refund, so that it is only read."""
    step: Step
    until: datetime


def execute(deps: Container, refund_id: int) -> Report | None:
    """Carry the refund one step on, if it is due and nobody else has it. Safe to run twice."""
    if has_to_wait(deps, pacing.REFUND, refund_id):
        return None
    try:
        claim = _claim(deps, refund_id)
    except NotConfigured as missing:
        with unit_of_work(deps.engine) as connection:
            charge_id = refunds.charge_of(connection, refund_id)
        refuse(deps, charge_id, missing)
        return None
    if claim is None:
        return None
    if deps.clock() >= claim.until:  # stopped meanwhile: the key may be dead, a successor has it
        log.warning("claim.expired", refund_id=refund_id)
        return None
    about(**_subject(claim.held))
    reached(CrashPoint.REFUND_CLAIMED)
    outcome = _ask(deps, claim)
    reached(CrashPoint.REFUND_ANSWERED)
    log.info("provider.answered", refund_id=refund_id, outcome=type(outcome).__name__)
    held = claim.held
    key = key_of(held.provider, held.captured.account)
    tell(deps, key, outcome, held.probe, {"refund": refund_id})
    source = Source(_ACTOR, held.refund.claim_number)
    try:
        for attempt in patiently(deps):
            with attempt, unit_of_work(deps.engine) as connection:
                settle_refund(connection, deps, refund_id, outcome, source)
    except ClaimLost as lost:
        metrics.CLAIMS_LOST.labels("refund").inc()
        log.warning("claim.lost", refund_id=refund_id, reason=str(lost))
    reached(CrashPoint.REFUND_SETTLED)
    return _report(held, outcome)


def _subject(held: refund_claims.ClaimedRefund) -> dict[str, object]:
    return {
        "charge_id": held.refund.charge_id,
        "order": str(held.order),
        "provider": str(held.provider),
    }


def _report(held: refund_claims.ClaimedRefund, outcome: RefundOutcome) -> Report:
    subject = _subject(held)
    return report(outcome, charge=subject.pop("charge_id"), refund=held.refund.id, **subject)


def _claim(deps: Container, refund_id: int) -> Claim | None:
    now = deps.clock()
    until = now + timedelta(seconds=deps.settings.claim_lease)
    with unit_of_work(deps.engine) as connection:
        held = refund_claims.claim_refund(connection, refund_id, now=now, until=until)
        if held is None:
            return None
        deps.provider(held.provider)  # else nothing of the claim stays
        link_charge(connection, held.refund.charge_id)
        if held.refund.provider_reference is not None:
            return Claim(held, None, Step.FIND, until)
        stored = _current_call(connection, deps, held, now)
    return Claim(held, stored, next_step(stored.record, now), until)


def _current_call(
    connection: Connection, deps: Container, held: refund_claims.ClaimedRefund, now: datetime
) -> refund_claims.StoredCall:
    stored, refund_id = held.stored, held.refund.id
    if stored is None:
        call = deps.provider(held.provider).refunds.freeze(_request(held))
        return refund_claims.freeze_call(connection, refund_id, call, now)
    if next_step(stored.record, now) is Step.RENEW:
        return refund_claims.renew_key(connection, refund_id, stored.call, now)
    return stored


def _request(held: refund_claims.ClaimedRefund) -> RefundRequest:
    return RefundRequest(
        refund=held.refund.identifier,
        charge=held.charge,
        order=held.order,
        money=held.refund.money,
        captured=held.captured,
        reason=held.reason,
    )


def _ask(deps: Container, claim: Claim) -> RefundOutcome:
    held, stored = claim.held, claim.stored
    provider = deps.provider(held.provider).refunds
    if stored is None:
        return provider.fetch(str(held.refund.provider_reference), held.captured)
    if claim.step is Step.FIND:
        found = provider.find(stored.call, stored.started_at)
        return weigh_absence(found, stored.record, deps.clock())
    return provider.perform(stored.call, stored.key)
