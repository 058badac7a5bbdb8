"""The lags that are drawn are what the rows themselves say, one by one."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import psycopg2
import pytest
from sqlalchemy import Connection, create_engine, text

from benchmarks.population import Size, populate
from shared.metrics import LAG_BUCKETS
from shared.repository.charge_history import WINDOWS, Window
from shared.repository.lag_history import LONGEST, Flow, read_flows

DRAWN = [window for window in WINDOWS.values() if window.length <= LONGEST]

MIX = """
SELECT setseed(0.7);
SET session_replication_role = replica;
UPDATE webhook_events SET received_at = now() - power(random(), 3) * interval '30 hours';
UPDATE webhook_events SET handled_at = NULL, dispatch_at = now() WHERE random() < 0.2;
UPDATE webhook_events SET handled_at = received_at + power(random(), 9) * interval '30 hours'
    WHERE handled_at IS NOT NULL;
UPDATE outbound_deliveries SET created_at = now() - power(random(), 3) * interval '30 hours';
UPDATE outbound_deliveries
    SET finished_at = created_at + power(random(), 9) * interval '30 hours',
        status = CASE WHEN random() < 0.3 THEN 'given_up' ELSE 'delivered' END
    WHERE finished_at IS NOT NULL
"""
EACH = """
SELECT provider, received_at, handled_at, true FROM webhook_events
UNION ALL
SELECT 'outbound', created_at, finished_at, status <> 'given_up' FROM outbound_deliveries
"""


@pytest.fixture
def connection(own_database_url: str) -> Iterator[Connection]:
    """A database with webhooks and deliveries of thirty hours, some late, some still waiting."""
    with closing(psycopg2.connect(own_database_url)) as raw:
        populate(raw, Size(400, 1))
    engine = create_engine(own_database_url.replace("://", "+psycopg2://"))
    with engine.begin() as opened:
        opened.execute(text(MIX))
        yield opened
    engine.dispose()


@pytest.mark.parametrize("window", DRAWN)
def test_lags_and_what_waited_are_what_each_row_says(
    connection: Connection, window: Window
) -> None:
    now = datetime.now(UTC)

    flows = read_flows(connection, window, now)

    assert flows == one_by_one(connection, window, now)
    assert all(any(flow.lags) and any(flow.waiting) for flow in flows.values())


def test_what_waits_for_a_disabled_endpoint_is_not_owed(connection: Connection) -> None:
    now, window = datetime.now(UTC), WINDOWS["day"]
    owed = read_flows(connection, window, now)["outbound"].waiting[-1]

    connection.execute(
        text("UPDATE outbound_endpoints SET status = 'disabled', disabled_reason = 'failing'")
    )

    assert read_flows(connection, window, now)["outbound"].waiting[-1] < owed


def one_by_one(connection: Connection, window: Window, now: datetime) -> dict[str, Flow]:
    starts = window.starts(now)
    rows = [tuple(row) for row in connection.execute(text(EACH))]
    return {
        line: Flow(
            lags=[
                Counter(
                    sum(bound <= (went - came).total_seconds() for bound in LAG_BUCKETS)
                    for name, came, went, is_done in rows
                    if name == line and is_done and went and at <= went < at + window.step
                )
                for at in starts
            ],
            waiting=[
                sum(
                    name == line and came < at and (went is None or (at <= went))
                    for name, came, went, _ in rows
                    if went is None or went < now
                )
                for at in starts
            ],
        )
        for line in ("stripe", "paypal", "outbound")
    }
