"""The standing metrics: what the database holds at the scrape, the same from every replica."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from shared.container import Container
from shared.db import unit_of_work
from shared.domain.age_limits import oldest_allowed
from shared.repository import ages, months, standing
from shared.repository.standing import Standing

log = structlog.get_logger()

KEPT: Final = timedelta(seconds=5)
"""How long a reading serves: however many scrape, the database is read that seldom."""

REFUNDS_IN_REVIEW: Final = "Refunds that wait for a person's decision."
EVENTS_FAILING: Final = "Unhandled events whose last try raised an exception."

UNEXPLAINED: Final = "Differences with the providers' ledgers that nobody has explained."
MONTHS_AHEAD: Final = "Time until the last month ends that charges' moves have a place for."

_BRIEFLY: Final = text("SET LOCAL statement_timeout = '2s'")


class StandingCollector(Collector):
    """Reads at the scrape, at most once in `KEPT`; without a database it only says so."""

    def __init__(self, deps: Container) -> None:
        self._deps = deps
        self._lock = threading.Lock()
        self._read_at: datetime | None = None
        self._families: list[GaugeMetricFamily] = []

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The reading, and whether there is one."""
        with self._lock:
            now = self._deps.clock()
            if self._read_at is None or not now - self._read_at < KEPT:
                self._families, self._read_at = self._read(now), now
            return self._families

    def _read(self, now: datetime) -> list[GaugeMetricFamily]:
        up = GaugeMetricFamily(
            "chargehand_database_up", "Whether the database answered the scrape."
        )
        try:
            with unit_of_work(self._deps.engine) as connection:
                connection.execute(_BRIEFLY)
                families = read_families(connection, now)
        except SQLAlchemyError as away:
            log.warning("metrics.unread", reason=type(away).__name__)
            families = []
        up.add_metric((), 1.0 if families else 0.0)
        return [up, *families]


def read_families(connection: Connection, now: datetime) -> list[GaugeMetricFamily]:
    """What stands where."""
    overdue = _overdue(connection, now)
    unexplained = Standing((), ages.unexplained_differences(connection), None)
    charges = standing.charges_standing(connection)
    in_review = standing.refunds_in_review(connection)
    due = standing.due_rows(connection, now)
    unhandled = standing.unhandled_events(connection)
    owed = [standing.owed_deliveries(connection)]
    failing = _failing(connection)
    circuits = standing.circuits_standing(connection)
    ahead = months.months_until(connection) - now
    by_status, by_queue, by_provider = ["provider", "status"], ["queue"], ["provider"]
    return [
        _count("chargehand_charges", "Charges that are not over.", by_status, charges),
        _age("chargehand_charges", "the oldest of them was accepted", by_status, charges, now),
        _count(
            "chargehand_charges_overdue",
            "Charges that stand longer in their status than is normal.",
            ["status"],
            overdue,
        ),
        _count("chargehand_refunds_in_review", REFUNDS_IN_REVIEW, by_provider, in_review),
        _count("chargehand_due_rows", "Rows that are due and unpublished.", by_queue, due),
        _age("chargehand_due_rows", "the oldest of them is due", by_queue, due, now),
        _count("chargehand_webhook_events", "Unhandled events.", by_provider, unhandled),
        _age("chargehand_webhook_events", "the oldest of them came", by_provider, unhandled, now),
        _count("chargehand_webhook_events_failing", EVENTS_FAILING, by_provider, failing),
        _count("chargehand_outbound_owed", "Deliveries owed to enabled endpoints.", [], owed),
        _age("chargehand_outbound_owed", "the oldest of them is owed", [], owed, now),
        _count("chargehand_circuits", "Circuits open or paused.", ["provider", "state"], circuits),
        _count("chargehand_ledger_differences_unexplained", UNEXPLAINED, [], [unexplained]),
        _count("chargehand_months_ahead_seconds", MONTHS_AHEAD, [], [_whole(ahead)]),
    ]


def _overdue(connection: Connection, now: datetime) -> list[Standing]:
    found = ages.overdue_states(connection, oldest_allowed(now))
    return [Standing((state.status,), state.count, state.since) for state in found]


def _failing(connection: Connection) -> list[Standing]:
    found = ages.failing_events(connection)
    return [Standing((events.provider,), events.count, events.since) for events in found]


def _count(
    name: str, meaning: str, labels: Sequence[str], rows: list[Standing]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for row in rows:
        family.add_metric(row.labels, row.count)
    return family


def _whole(span: timedelta) -> Standing:
    return Standing((), int(span.total_seconds()), None)


def _age(
    name: str, since: str, labels: Sequence[str], rows: list[Standing], now: datetime
) -> GaugeMetricFamily:
    meaning = f"Time since {since}."
    family = GaugeMetricFamily(f"{name}_oldest_age_seconds", meaning, labels=labels)
    for row in rows:
        family.add_metric(row.labels, (now - row.since).total_seconds() if row.since else 0.0)
    return family
