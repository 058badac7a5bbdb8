"""Whether the work goes on, as the rows tell: what stands still, what waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from cli.findings import Finding
from shared.container import Container
from shared.db import unit_of_work
from shared.domain.age_limits import oldest_allowed
from shared.domain.charge import Status
from shared.domain.circuit import Sign
from shared.repository import ages, standing
from shared.repository.circuit_views import Unclosed, unclosed_circuits

LATE: Final = timedelta(minutes=1)
"""The relay publishes what is due at once, the sweep ten seconds later."""

_LETS_GO: Final = {
    Sign.AILING: "It closes by itself once the provider answers.",
    Sign.REFUSED: "Set credentials that are good, restart the workers; a probe then closes it.",
    Sign.PAUSED: "`circuits resume` lets go.",
}


def work(held: Container) -> Iterator[Finding]:
    """Circuits, due rows, overdue charges, reviews, differences, events that fail."""
    now = held.clock()
    try:
        with unit_of_work(held.engine) as connection:
            circuits = unclosed_circuits(connection)
            troubles = {
                "relay": list(_unpublished(connection, now)),
                "charges": list(_overdue(connection, now)),
                "reviews": list(_reviews(connection)),
                "ledgers": list(_unexplained(connection)),
                "events": list(_failing(connection)),
            }
    except SQLAlchemyError:
        return
    troubles["circuits"] = [_told(circuit) for circuit in circuits]
    for what, found in troubles.items():
        yield from [Finding(what, False, each) for each in found]  # noqa: FBT003
        if not found:
            yield Finding(what, True, "Nothing stands still or waits for a person.")  # noqa: FBT003


def _told(circuit: Unclosed) -> str:
    account = circuit.account or "our own account"
    waiting = f"{circuit.charges} charges and {circuit.refunds} refunds wait"
    return (
        f"No calls to {circuit.provider} by {account}: {circuit.state}, {circuit.reason};"
        f" {waiting}. {_LETS_GO[circuit.cause]}"
    )


def _unpublished(connection: Connection, now: datetime) -> Iterator[str]:
    for due in standing.due_rows(connection, now - LATE):
        yield (
            f"{due.count} rows for {due.labels[0]} are due since {due.since:%Y-%m-%d %H:%M:%S} and"
            " not published: restart the relay; or its queue is full, and wants a worker."
        )


def _overdue(connection: Connection, now: datetime) -> Iterator[str]:
    for state in ages.overdue_states(connection, oldest_allowed(now)):
        if state.status is not Status.NEEDS_REVIEW:
            named = ", ".join(map(str, state.charges))
            yield (
                f"{state.count} stand in {state.status} for too long, the oldest first: {named}."
                " `charges show` says why, `reconcile charge` asks the provider."
            )


def _reviews(connection: Connection) -> Iterator[str]:
    for charges in standing.charges_standing(connection):
        if charges.labels[1] == Status.NEEDS_REVIEW:
            yield f"{charges.count} charges at {charges.labels[0]} wait: see `charges reviews`."
    for refunds in standing.refunds_in_review(connection):
        yield f"{refunds.count} refunds at {refunds.labels[0]} wait: see `refunds list`."


def _unexplained(connection: Connection) -> Iterator[str]:
    if count := ages.unexplained_differences(connection):
        yield f"{count} differences are not explained: see `reconcile differences`."


def _failing(connection: Connection) -> Iterator[str]:
    for events in ages.failing_events(connection):
        yield (
            f"{events.count} of {events.provider} cannot be handled ({', '.join(events.failures)}):"
            " see `webhooks list --waiting`, mend the fault."
        )
