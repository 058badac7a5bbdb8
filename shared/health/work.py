"""Whether the work goes on, as the rows tell: what stands still, what waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from sqlalchemy import Connection

from shared.domain.age_limits import oldest_allowed
from shared.domain.charge import Status
from shared.domain.circuit import Sign
from shared.health.findings import Finding
from shared.repository import ages, standing
from shared.repository.circuit_views import Unclosed, unclosed_circuits
from shared.repository.waiting import untaken_charges
from shared.task_names import CHARGE_EXECUTE, queue_of

LATE: Final = timedelta(minutes=1)
"""The relay publishes what is due at once, the sweep ten seconds later."""
UNTAKEN: Final = timedelta(minutes=2)
"""A worker takes a charge within milliseconds of its message."""

_LETS_GO: Final = {
    Sign.AILING: "It closes by itself once the provider answers.",
    Sign.REFUSED: "Set credentials that are good, restart the workers; a probe then closes it.",
    Sign.PAUSED: "`circuits resume` lets go.",
}


_IS_WELL: Final = {
    "circuits": "All are closed.",
    "relay": "Nothing is due and unpublished.",
    "charges": "None stands for too long.",
    "reviews": "Nothing waits for a person.",
    "ledgers": "No difference is unexplained.",
    "events": "Each that came could be handled.",
}


def work(connection: Connection, now: datetime) -> Iterator[Finding]:
    """Circuits, due rows, overdue charges, reviews, differences, events that fail."""
    troubles = {
        "circuits": map(_told, unclosed_circuits(connection)),
        "relay": _unpublished(connection, now),
        "charges": chain(_untaken(connection, now), _overdue(connection, now)),
        "reviews": _reviews(connection),
        "ledgers": _unexplained(connection),
        "events": _failing(connection),
    }
    for what, says in _IS_WELL.items():
        found = list(troubles[what])
        yield from [Finding(what, False, each) for each in found]  # noqa: FBT003
        if not found:
            yield Finding(what, True, says)  # noqa: FBT003


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


def _untaken(connection: Connection, now: datetime) -> Iterator[str]:
    for waiting in untaken_charges(connection, before=now - UNTAKEN, now=now):
        named = ", ".join(map(str, waiting.charges))
        yield (
            f"{waiting.count} at {waiting.provider} are due since {waiting.since:%Y-%m-%d %H:%M:%S}"
            f" and no worker takes them, the oldest first: {named}. Start workers for the queue"
            f" {queue_of(CHARGE_EXECUTE, waiting.provider)}."
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
