"""One wish to cancel a charge: claim it, ask the provider, settle the answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import structlog

from shared import metrics
from shared.container import Container
from shared.crash_points import CrashPoint, reached
from shared.db import unit_of_work
from shared.domain import outcomes as o
from shared.domain.charge import Charge
from shared.domain.errors import ClaimLost, NotConfigured
from shared.observability import about
from shared.repository import called_off, pacing
from shared.settlement import Source, settle
from worker.breaker import key_of, refuse, tell
from worker.pacing import has_to_wait
from worker.patience import patiently
from worker.report import Report, report

log = structlog.get_logger()

_ACTOR: Final = "worker"


def execute(deps: Container, charge_id: int) -> Report | None:
    """Cancel the charge, if that is still wished and possible. Safe to run twice.

    What comes of it is the provider's word: a charge that was paid meanwhile stays paid.
    """
    if has_to_wait(deps, pacing.CHARGE, charge_id):
        return None
    try:
        claim = _claim(deps, charge_id)
    except NotConfigured as missing:
        refuse(deps, charge_id, missing)
        return None
    if claim is None:
        return None
    charge, probe = claim
    subject = {"order": str(charge.order_identifier), "provider": str(charge.provider)}
    about(**subject)
    reached(CrashPoint.CANCELING_CLAIMED)
    outcome = _ask(deps, charge, probe)
    reached(CrashPoint.CANCELING_ANSWERED)
    log.info("provider.answered", charge_id=charge_id, outcome=type(outcome).__name__)
    try:
        for attempt in patiently(deps):
            with attempt, unit_of_work(deps.engine) as connection:
                settle(connection, deps, charge_id, outcome, Source(_ACTOR, charge.claim_number))
                if isinstance(outcome, o.NotSent | o.Indeterminate) and outcome.retry_after:
                    until = deps.clock() + outcome.retry_after
                    called_off.hold_to_cancel(connection, charge_id, charge.claim_number, until)
    except ClaimLost as lost:
        metrics.CLAIMS_LOST.labels("charge").inc()
        log.warning("claim.lost", charge_id=charge_id, reason=str(lost))
    reached(CrashPoint.CANCELING_SETTLED)
    return report(outcome, charge=charge.id, **subject)


def _claim(deps: Container, charge_id: int) -> tuple[Charge, int | None] | None:
    now = deps.clock()
    until = now + timedelta(seconds=deps.settings.claim_lease)
    with unit_of_work(deps.engine) as connection:
        claim = called_off.claim_to_cancel(connection, charge_id, now=now, until=until)
        if claim is not None and claim[0].provider_reference is not None:
            deps.provider(claim[0].provider)  # else nothing of the claim stays
    return claim


def _ask(deps: Container, charge: Charge, probe: int | None) -> o.Outcome:
    if charge.provider_reference is None:
        return o.Withdrawn("cancelled before anything was sent")
    # Cancelling twice is cancelling once. Under one key a stored failure would be all we ever hear.
    key = f"chg-{charge.identifier}-cancel-{charge.claim_number}"
    provider = deps.provider(charge.provider)
    outcome = provider.cancel(charge.provider_reference, charge.account, key)
    tell(deps, key_of(charge.provider, charge.account), outcome, probe, {"charge": charge.id})
    return outcome
