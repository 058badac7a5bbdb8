"""The history of lags: how soon webhooks were handled and deliveries made, how many waited."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from shared.domain.charge import Provider
from shared.metrics import LAG_BUCKETS
from shared.repository.charge_history import Window
from shared.task_names import OUTBOUND

LONGEST: Final = timedelta(days=1)
"""Each webhook and delivery of the window is read: those of a month would take too long."""
_LINES: Final = (*Provider, OUTBOUND)


@dataclass(frozen=True, slots=True)
class Flow:
    """What came and went, step by step."""

    lags: list[Counter[int]]
    """Of what went in a step; by bucket, as in a Cohort."""
    waiting: list[int]
    """How many had come and not gone when the step began."""


_READ: Final = text("""
    WITH moved AS (
        SELECT provider AS line, received_at AS came_at, handled_at AS went_at, true AS is_done
        FROM webhook_events WHERE handled_at >= :since AND handled_at < :now
        UNION ALL
        SELECT provider, received_at, NULL, false FROM webhook_events WHERE dispatch_at IS NOT NULL
        UNION ALL
        SELECT :outbound, created_at, finished_at, status = 'delivered'
        FROM outbound_deliveries WHERE finished_at >= :since AND finished_at < :now
        UNION ALL
        SELECT :outbound, d.created_at, NULL, false
        FROM outbound_endpoints e JOIN outbound_deliveries d ON d.endpoint_id = e.id
        WHERE e.status = 'enabled' AND d.status = 'pending'
    )
    SELECT line, date_bin(:step, greatest(came_at, :before), :since) AS came,
           date_bin(:step, went_at, :since) AS went,
           CASE WHEN is_done
                THEN width_bucket(went_at - came_at, CAST(:bounds AS interval[])) END AS lag,
           count(*) AS moved
    FROM moved GROUP BY line, came, went, lag
""")


def read_flows(connection: Connection, window: Window, now: datetime) -> Mapping[str, Flow]:
    """The webhooks of each provider and the deliveries owed, within a window of LONGEST at most.

    An event that was driven anew has waited since it was received.
    """
    starts = window.starts(now)
    arguments = {
        "step": window.step,
        "since": starts[0],
        "before": starts[0] - window.step,
        "now": now,
        "bounds": [timedelta(seconds=bound) for bound in LAG_BUCKETS],
        "outbound": OUTBOUND,
    }
    flows = {line: Flow([Counter() for _ in starts], [0] * len(starts)) for line in _LINES}
    for row in connection.execute(_READ, arguments):
        flow, came = flows[row.line], (row.came - starts[0]) // window.step
        went = (row.went - starts[0]) // window.step if row.went else len(starts)
        for step in range(came + 1, min(went + 1, len(starts))):
            flow.waiting[step] += row.moved
        if row.lag is not None:
            flow.lags[went][row.lag] += row.moved
    return flows
