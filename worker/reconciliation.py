"""Reconciliation: beat's rounds that ask the providers what they know and we do not."""

from __future__ import annotations

import structlog

from shared import metrics, tracing
from shared.container import Container
from shared.crash_points import CrashPoint, reached
from shared.db import unit_of_work
from shared.domain.age_limits import AGE_LIMITS
from shared.repository import circuit_views, overdue
from shared.repository.traces import link_charge
from shared.settlement import Source, settle
from worker import event_lists, ledgers

log = structlog.get_logger()


def run(deps: Container) -> None:
    """Read what the providers' lists have, look up what is overdue. Safe to run twice at once.

    Where a circuit rests or is paused nothing is read.
    """
    now = deps.clock()
    with unit_of_work(deps.engine) as connection:
        unclosed = circuit_views.unclosed_circuits(connection)
    for circuit in unclosed:
        if circuit.rests_until and circuit.rests_until <= now:
            continue
        log.warning("reconciliation.skipped", provider=circuit.provider, account=circuit.account)
    found = event_lists.read(deps)
    looked_up = look_up_overdue(deps)
    pages = ledgers.read(deps)
    done = {"events_found": found, "looked_up": looked_up, "ledger_pages": pages}
    metrics.count_round("reconciliation", done)
    log.info("reconciliation.done", **done)


def look_up_overdue(deps: Container) -> int:
    """Ask the provider where the charges stand that it or the payer keeps waiting."""
    now = deps.clock()
    again = {
        status: now + limit.look_again
        for status, limit in AGE_LIMITS.items()
        if limit.look_again is not None
    }
    with unit_of_work(deps.engine) as connection:
        late = overdue.take_overdue(connection, deps.providers, now=now, again=again)
    reached(CrashPoint.OVERDUE_TAKEN)
    for charge in late:
        with tracing.span("charge.look_up", charge_id=charge.id, provider=charge.provider):
            _look_up(deps, charge)
    return len(late)


def _look_up(deps: Container, charge: overdue.OverdueCharge) -> None:
    outcome = deps.provider(charge.provider).fetch(charge.provider_reference, charge.account)
    reached(CrashPoint.OVERDUE_ANSWERED)
    with unit_of_work(deps.engine) as connection:
        settle(connection, deps, charge.id, outcome, Source("sweep"))
        link_charge(connection, charge.id)
    reached(CrashPoint.OVERDUE_SETTLED)
