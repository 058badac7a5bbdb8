"""Tallies: how charges fared, counted by the hour, so that a month is not read by the charge."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from shared.domain.charge import Provider, Status
from shared.repository.charge_history import (
    BOUNDS,
    HOUR,
    WINDOWS,
    Cohort,
    History,
    Window,
    hour_of,
)

MOST: Final = 120
"""Hours that a round counts: at one a minute, each of a month comes round in six."""
RECENT: Final = 2 * HOUR
"""Its charges still move; they are read as they stand."""
_DUE: Final = timedelta(minutes=10)
_STALE: Final = timedelta(minutes=30)
"""Instead of an older tally the charges are read, so that no missed round makes a figure wrong."""

_FORGET: Final = text("DELETE FROM charge_tallies WHERE hour < :oldest")
_COUNT: Final = text("""
    WITH due AS (
        SELECT hours.hour
        FROM generate_series(CAST(:oldest AS timestamptz), :newest, interval '1 hour')
            AS hours (hour)
        LEFT JOIN charge_tallies t ON t.hour = hours.hour
        WHERE t.hour IS NULL OR t.counted_at < :due
        ORDER BY t.counted_at NULLS FIRST, hours.hour DESC LIMIT :most
    ), counted AS (
        SELECT hour, provider, status,
               width_bucket(settled_at - created_at, CAST(:bounds AS interval[])) AS lag,
               count(*) AS charged
        FROM due JOIN charges ON created_at >= hour AND created_at < hour + interval '1 hour'
        GROUP BY hour, provider, status, lag
    )
    INSERT INTO charge_tallies (hour, counted_at, counts)
    SELECT hour, :now, coalesce(
        jsonb_agg(to_jsonb(counted) - 'hour') FILTER (WHERE provider IS NOT NULL), '[]')
    FROM due LEFT JOIN counted USING (hour) GROUP BY hour ORDER BY hour
    ON CONFLICT (hour) DO UPDATE SET counted_at = excluded.counted_at, counts = excluded.counts
""")


def count_hours(connection: Connection, now: datetime) -> int:
    """Count the hours that were not counted for the longest, as they stand; how many it were.

    Whole hours are replaced by what is, so it can be left out, repeated, or run twice at once.
    """
    oldest = hour_of(now) - WINDOWS["month"].length
    connection.execute(_FORGET, {"oldest": oldest})
    arguments = {"oldest": oldest, "newest": hour_of(now) - RECENT, "now": now, "most": MOST}
    return connection.execute(_COUNT, arguments | {"due": now - _DUE, "bounds": BOUNDS}).rowcount


_READ: Final = text("""
    SELECT provider, status,
           date_bin(:step, created_at, :since) AS starts_at,
           width_bucket(settled_at - created_at, CAST(:bounds AS interval[])) AS lag,
           count(*) AS charged
    FROM charges WHERE created_at >= :since AND created_at < :now
    GROUP BY provider, status, starts_at, lag
""")

_READ_TALLIED: Final = text("""
    WITH hours AS (
        SELECT hours.hour, t.counts
        FROM generate_series(CAST(:since AS timestamptz), :now, interval '1 hour') AS hours (hour)
        LEFT JOIN charge_tallies t
            ON t.hour = hours.hour AND t.hour <= :newest AND t.counted_at >= :stale
    ), counted AS (
        SELECT hour, told.provider, told.status, told.lag, told.charged
        FROM hours CROSS JOIN LATERAL jsonb_to_recordset(counts)
            AS told (provider text, status text, lag integer, charged bigint)
        UNION ALL
        SELECT hour, provider, status,
               width_bucket(settled_at - created_at, CAST(:bounds AS interval[])) AS lag, count(*)
        FROM hours JOIN charges ON created_at >= hour AND created_at < hour + interval '1 hour'
        WHERE counts IS NULL GROUP BY hour, provider, status, lag
    )
    SELECT provider, status, date_bin(:step, hour, :since) AS starts_at, lag,
           CAST(sum(charged) AS bigint) AS charged
    FROM counted GROUP BY provider, status, starts_at, lag
""")


def read_history(connection: Connection, window: Window, now: datetime) -> History:
    """How the charges of each provider fared that were accepted within the window."""
    starts = window.starts(now)
    arguments = {"step": window.step, "since": starts[0], "now": now, "bounds": BOUNDS}
    if window.is_tallied:
        arguments |= {"newest": hour_of(now) - RECENT, "stale": now - _STALE}
    history = {provider: [Cohort() for _ in starts] for provider in Provider}
    for row in connection.execute(_READ_TALLIED if window.is_tallied else _READ, arguments):
        cohort = history[Provider(row.provider)][(row.starts_at - starts[0]) // window.step]
        cohort.statuses[Status(row.status)] += row.charged
        if row.lag is not None:
            cohort.lags[row.lag] += row.charged
    return history
