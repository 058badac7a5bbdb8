"""The providers' ledgers, read day by day, compared with our rows."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import structlog
from sqlalchemy import Connection

from shared import metrics
from shared.container import Container
from shared.crash_points import CrashPoint, reached
from shared.db import unit_of_work
from shared.domain.charge import Charge, Provider
from shared.domain.comparison import Difference, Named, compare, grouped
from shared.domain.movements import Kind, Movement
from shared.domain.outcomes import Indeterminate
from shared.domain.refund import Captured, RefundFact
from shared.providers.base import MovementPage, Unread
from shared.repository import charges, differences, ledger_runs, movements
from shared.repository.holding import put_off
from shared.repository.ledger_runs import LedgerRun, Result
from shared.settlement import Source, settle
from worker import aftermath
from worker.lists import ALARMING, PAGES_PER_ROUND, STALE_PAGE, lease, next_try

log = structlog.get_logger()

CLOSED_AFTER: Final = {Provider.STRIPE: timedelta(hours=1), Provider.PAYPAL: timedelta(hours=4)}
"""When a day's ledger is complete after its end: PayPal's report lags by up to three hours."""

CHECK_AGAIN: Final = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6))
"""After which of its checks a day with differences is read once more; then daily, for a month."""

DAILY: Final = timedelta(days=1)
MOST_CHECKS: Final = 33


def read(deps: Container, pages: int = PAGES_PER_ROUND) -> int:
    """Carry on each day's comparison that is due, that many pages at most; how many it took.

    Safe to run twice at once: each day is held by one, lines are kept once, and what a
    difference leads to is settled as from any other source.
    """
    now = deps.clock()
    with unit_of_work(deps.engine) as connection:
        for provider in deps.providers:
            ledger_runs.add_runs(connection, provider, _closed(provider, now), now)
    pages_left = pages
    while pages_left > 0 and (run := _take(deps)) is not None:
        while run is not None and pages_left > 0:
            pages_left -= 1
            run = _try(deps, run, pages_left)
    return pages - pages_left


def _closed(provider: Provider, now: datetime) -> date:
    return (now - CLOSED_AFTER[provider]).astimezone(UTC).date() - DAILY


def _take(deps: Container) -> LedgerRun | None:
    now = deps.clock()
    with unit_of_work(deps.engine) as connection:
        return ledger_runs.take_run(connection, deps.providers, now=now, until=lease(deps))


def _try(deps: Container, run: LedgerRun, pages_left: int) -> LedgerRun | None:
    """Carry the day on; one that a bug stops is put off, and keeps no other from its turn."""
    try:
        return _carry_on(deps, run, pages_left)
    except Exception as fault:
        _put_off(deps, run, Indeterminate(type(fault).__name__))
        raise


def _carry_on(deps: Container, run: LedgerRun, pages_left: int) -> LedgerRun | None:
    """Keep one page; compare at the end. The run where its list goes on, else None."""
    reached(CrashPoint.LEDGER_TAKEN)
    page = deps.provider(run.provider).list_movements(run.account, run.day, run.page)
    if not isinstance(page, MovementPage):
        _put_off(deps, run, page)
        return None
    reached(CrashPoint.LEDGER_READ)
    with unit_of_work(deps.engine) as connection:
        until = lease(deps, pages_left)
        held = ledger_runs.hold_run(connection, run, page.next_page, until)
        if held is not None:
            movements.store_movements(connection, held, page.movements)
    reached(CrashPoint.LEDGER_STORED)
    if held is not None and page.next_page is None:
        _compare(deps, held)
        return None
    return held


def _compare(deps: Container, run: LedgerRun) -> None:
    """Put on record where the day differs, then let what names a charge be read at its provider."""
    now = deps.clock()
    with unit_of_work(deps.engine) as connection:
        theirs = movements.movements_of(connection, run)
        ours = movements.entries_of(connection, run, datetime.combine(run.day, time.min, UTC))
        known = {(entry.kind, entry.object_reference) for entry in ours}
        strangers = {key[1]: lines for key, lines in grouped(theirs).items() if key not in known}
        named = _named(connection, run, strangers)
        found = compare(ours, theirs, named)
        open_, unexplained = differences.record_differences(connection, run, found, now)
        result = Result(open_, unexplained, movements.totals_of(connection, run))
        again = _check_again(run, open_, now)
        ledger_runs.finish_run(connection, run, result, now, again)
    reached(CrashPoint.LEDGER_COMPARED)
    for difference in found:
        metrics.LEDGER_DIFFERENCES.labels(run.provider, difference.type).inc()
    tell = log.error if unexplained else log.info
    tell("ledger.compared", run=run.id, day=str(run.day), open=open_, unexplained=unexplained)
    for difference in found:
        _drive(deps, run, difference)


def _named(
    connection: Connection, run: LedgerRun, strangers: dict[str, list[Movement]]
) -> dict[str, Named]:
    found = {
        reference: charges.find_charge(
            connection,
            run.provider,
            run.account,
            references=_references(lines),
            ours=frozenset().union(*(line.our_references for line in lines)),
        )
        for reference, lines in strangers.items()
    }
    return {
        reference: movements.named(connection, charge_id)
        for reference, charge_id in found.items()
        if charge_id is not None
    }


def _references(lines: list[Movement]) -> frozenset[str]:
    named = {line.object_reference for line in lines} | {line.parent_reference for line in lines}
    return frozenset(reference for reference in named if reference)


def _drive(deps: Container, run: LedgerRun, difference: Difference) -> None:
    """Read what moved the money as it is now; the one door decides what that means."""
    if difference.charge_id is None or difference.explanation is not None:
        return
    with unit_of_work(deps.engine) as connection:
        charge = charges.read_charge(connection, difference.charge_id)
        told = movements.parent_of(connection, run, difference.object_reference)
    match difference.kind:
        case Kind.CAPTURE:
            _drive_capture(deps, run, charge, told or charge.provider_reference)
        case Kind.REFUND:
            _drive_refund(deps, run, charge, difference.object_reference)


def _drive_capture(deps: Container, run: LedgerRun, charge: Charge, reference: str | None) -> None:
    if reference is None:
        return
    outcome = deps.provider(run.provider).fetch(reference, run.account)
    reached(CrashPoint.CAPTURE_LOOKED_INTO)
    with unit_of_work(deps.engine) as connection:
        settle(connection, deps, charge.id, outcome, _source(run))


def _drive_refund(deps: Container, run: LedgerRun, charge: Charge, reference: str) -> None:
    if charge.provider_reference is None or charge.capture_reference is None:
        return
    captured = Captured(charge.provider_reference, charge.capture_reference, charge.account)
    fact = deps.provider(run.provider).refunds.fetch(reference, captured)
    reached(CrashPoint.REFUND_LOOKED_INTO)
    if isinstance(fact, RefundFact):
        with unit_of_work(deps.engine) as connection:
            aftermath.apply(connection, deps, charge.id, fact, _source(run))


def _source(run: LedgerRun) -> Source:
    return Source("reconciliation", evidence={"reconciliation_run": run.id})


def _check_again(run: LedgerRun, open_: int, now: datetime) -> datetime | None:
    if not open_ or run.checks >= MOST_CHECKS:
        return None
    return now + (CHECK_AGAIN[run.checks] if run.checks < len(CHECK_AGAIN) else DAILY)


def _put_off(deps: Container, run: LedgerRun, why: Unread) -> None:
    failures = run.failures + 1
    due = next_try(deps, failures, why)
    with unit_of_work(deps.engine) as connection:
        put_off(
            connection,
            ledger_runs.PUT_OFF,
            run,
            why.reason,
            due,
            begin_anew=failures >= STALE_PAGE,
        )
    tell = log.error if failures >= ALARMING else log.warning
    tell("ledger.unread", run=run.id, failures=failures, reason=why.reason)
