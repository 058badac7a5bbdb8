"""The watch: beat's round that raises an alarm for what is stuck, counts what an hour came to."""

from __future__ import annotations

import structlog

from shared.container import Container
from shared.db import unit_of_work
from shared.domain.age_limits import oldest_allowed
from shared.repository import ages, charge_tallies, circuit_views
from shared.repository.rounds import keep_round
from shared.task_names import WATCH_RUN

log = structlog.get_logger()


def run(deps: Container) -> int:
    """Say at level error what stands too long in a state, or differs unexplained; how much.

    One line a state, each time it holds: whoever collects the logs counts them. Nothing is written
    but tallies, which the console's front page reads, and that the round was done.
    """
    now = deps.clock()
    with unit_of_work(deps.engine) as connection:
        stuck = ages.overdue_states(connection, oldest_allowed(now))
        unexplained = ages.unexplained_differences(connection)
        unclosed = circuit_views.unclosed_circuits(connection)
        failing = ages.failing_events(connection)
    _tell_of_circuits(unclosed)
    _tell_of_events(failing)
    if unexplained:
        log.error("ledger.unexplained", count=unexplained)
    for state in stuck:
        log.error(
            "charges.overdue",
            status=state.status,
            count=state.count,
            since=state.since.isoformat(),
            charges=state.charges,
        )
    with unit_of_work(deps.engine) as connection:
        charge_tallies.count_hours(connection, now)
        keep_round(connection, WATCH_RUN, now)
    return len(stuck)


def _tell_of_circuits(unclosed: list[circuit_views.Unclosed]) -> None:
    for circuit in unclosed:
        log.error(
            "circuit.unclosed",
            state=circuit.state,
            provider=circuit.provider,
            account=circuit.account,
            cause=circuit.cause,
            reason=circuit.reason,
            since=circuit.since.isoformat(),
            charges=circuit.charges,
            refunds=circuit.refunds,
        )


def _tell_of_events(failing: list[ages.FailingEvents]) -> None:
    for events in failing:
        log.error(
            "webhook_events.failing",
            provider=events.provider,
            count=events.count,
            since=events.since.isoformat(),
            failures=events.failures,
            events=events.events,
        )
