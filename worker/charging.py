"""One charge: claim it, ask the provider, settle the answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from shared import metrics
from shared.batch import Writer, together
from shared.container import Container
from shared.crash_points import CrashPoint, reached
from shared.db import unit_of_work
from shared.domain import outcomes as o
from shared.domain.charge import Charge, Instrument, PayPalCheckout, Status
from shared.domain.decisions import Decision, weigh_absence
from shared.domain.errors import ClaimLost, NotConfigured
from shared.domain.retry_policy import Step, next_step
from shared.domain.state_machine import Event
from shared.observability import about
from shared.providers.base import ChargeRequest, FrozenCall
from shared.repository import attempts, charges, ledger, pacing
from shared.settlement import Source, settle
from worker.breaker import key_of, refuse, tell
from worker.disconnection import look_into
from worker.pacing import has_to_wait
from worker.patience import patiently
from worker.report import Report, report

log = structlog.get_logger()

_ACTOR: Final = "worker"
_CLAIM_EVENTS: Final = {
    Status.ACCEPTED: (Event.CLAIMED, "taken by a worker"),
    Status.SUBMITTING: (Event.OUTCOME_LOST, "the claim before outlived its lease"),
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A charge in hand: what to ask, and under which fencing number."""

    charge: Charge
    attempt: attempts.Attempt
    instrument: Instrument
    step: Step
    until: datetime
    probe: int | None


def execute(deps: Container, charge_id: int, task_id: str | None = None) -> Report | None:
    """Carry the charge one step on, if it is due and nobody else has it. Safe to run twice.

    The attempt keeps which task made it.
    """
    if has_to_wait(deps, pacing.CHARGE, charge_id):
        return None
    try:
        claim = _claim(deps, charge_id, task_id)
    except NotConfigured as missing:
        refuse(deps, charge_id, missing)
        return None
    if claim is None:
        return None
    if deps.clock() >= claim.until:  # stopped meanwhile: the key may be dead, a successor has it
        log.warning("claim.expired", charge_id=charge_id)
        return None
    about(**_subject(claim))
    reached(CrashPoint.CHARGE_CLAIMED)
    outcome = _ask(deps, claim)
    reached(CrashPoint.CHARGE_ANSWERED)
    log.info("provider.answered", charge_id=charge_id, outcome=type(outcome).__name__)
    key = key_of(claim.charge.provider, claim.charge.account)
    tell(deps, key, outcome, claim.probe, {"charge": charge_id})
    try:
        _settle(deps, claim, outcome)
    except ClaimLost as lost:
        metrics.CLAIMS_LOST.labels("charge").inc()
        log.warning("claim.lost", charge_id=charge_id, reason=str(lost))
    reached(CrashPoint.CHARGE_SETTLED)
    if isinstance(outcome, o.Misconfigured):
        look_into(deps, claim.charge.account)
    return _report(claim, outcome)


def _subject(claim: Claim) -> dict[str, str]:
    return {
        "order": str(claim.charge.order_identifier),
        "provider": str(claim.charge.provider),
        "attempt": claim.attempt.key,
    }


def _report(claim: Claim, outcome: o.Outcome) -> Report:
    return report(outcome, charge=claim.charge.id, **_subject(claim))


def _claim(deps: Container, charge_id: int, task_id: str | None) -> Claim | None:
    now = deps.clock()
    until = now + timedelta(seconds=deps.settings.claim_lease)
    with unit_of_work(deps.engine) as connection:
        claimed = charges.claim_charge(connection, charge_id, now=now, until=until)
        if claimed is None:
            return None
        deps.provider(claimed.charge.provider)  # else nothing of the claim stays
        sealed = claimed.sealed_instrument
        instrument = deps.vault.open_instrument(sealed) if sealed else PayPalCheckout()
        before = attempts.open_attempt(connection, charge_id) if claimed.attempts else None
        with together(connection) as writer:
            _record_claim(writer, deps, claimed)
            attempt = _current_attempt(writer, deps, claimed, before, instrument, task_id)
        step = next_step(attempt.record, now)
    return Claim(claimed.charge, attempt, instrument, step, until, claimed.probe)


def _record_claim(writer: Writer, deps: Container, claimed: charges.ClaimedCharge) -> None:
    if claimed.found_as in _CLAIM_EVENTS:
        event, reason = _CLAIM_EVENTS[claimed.found_as]
        move = Decision(event, claimed.charge.status, reason)
        ledger.record_transition(
            writer, claimed.as_found, move, at=deps.clock(), actor=_ACTOR, evidence=None
        )


def _current_attempt(
    writer: Writer,
    deps: Container,
    claimed: charges.ClaimedCharge,
    attempt: attempts.Attempt | None,
    instrument: Instrument,
    task_id: str | None,
) -> attempts.Attempt:
    charge, now = claimed.charge, deps.clock()
    if attempt and claimed.found_as is Status.SUBMITTING:
        attempt = attempts.suspect(writer, attempt)
    if attempt and next_step(attempt.record, now) is Step.RENEW:
        attempts.finish_attempt(writer, charge.id, "Expired", now, {"outcome": "Expired"})
        attempt = None
    if attempt:
        attempts.count_try(writer, attempt, task_id)
        return attempt
    call, number = _freeze(deps, charge, instrument), claimed.attempts + 1
    return attempts.start_attempt(writer, charge, call, number=number, now=now, task_id=task_id)


def _freeze(deps: Container, charge: Charge, instrument: Instrument) -> FrozenCall:
    return deps.provider(charge.provider).freeze(_request(charge, instrument))


def _request(charge: Charge, instrument: Instrument) -> ChargeRequest:
    return ChargeRequest(
        charge=charge.identifier,
        order=charge.order_identifier,
        money=charge.money,
        instrument=instrument,
        account=charge.account,
        provider_reference=charge.provider_reference,
    )


def _ask(deps: Container, claim: Claim) -> o.Outcome:
    provider, attempt = deps.provider(claim.charge.provider), claim.attempt
    if claim.step is Step.FIND:
        found = provider.find(attempt.call, claim.instrument, attempt.key, attempt.started_at)
        return weigh_absence(found, attempt.record, deps.clock())
    return provider.perform(attempt.call, claim.instrument, attempt.key)


def _settle(deps: Container, claim: Claim, outcome: o.Outcome) -> None:
    source = Source(_ACTOR, claim.charge.claim_number, {"attempt": claim.attempt.key})
    for attempt in patiently(deps):
        with attempt, unit_of_work(deps.engine) as connection:
            settle(connection, deps, claim.charge.id, outcome, source)
