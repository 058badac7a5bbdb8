"""How long what was sent is kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

KEPT: Final = timedelta(days=30)
MOST: Final = 5_000
"""Rows of one transaction, so that it holds nothing up."""

# By an array, each row is looked up: to join them the table would be read whole for each batch.
_FINISHED: Final = text("""
    DELETE FROM outbound_deliveries WHERE id = ANY (ARRAY(
        SELECT id FROM outbound_deliveries WHERE finished_at < :before
        ORDER BY finished_at LIMIT :most FOR UPDATE SKIP LOCKED))
""")
_ORPHANED: Final = text("""
    DELETE FROM outbound_deliveries WHERE id = ANY (ARRAY(
        SELECT d.id FROM outbound_endpoints e JOIN outbound_deliveries d ON d.endpoint_id = e.id
        WHERE e.status = 'deleted' LIMIT :most FOR UPDATE OF d SKIP LOCKED))
""")
_DELETED: Final = text("""
    DELETE FROM outbound_endpoints e WHERE status = 'deleted' AND updated_at < :before
        AND NOT EXISTS (SELECT FROM outbound_deliveries WHERE endpoint_id = e.id)
""")
_EXPIRED: Final = text("DELETE FROM outbound_secrets WHERE expires_at < :now")


def forget_deliveries(connection: Connection, now: datetime) -> int:
    """Drop deliveries that ended long ago, deleted endpoints, secrets that sign no more.

    Where it dropped fewer than MOST deliveries, there are no more. The events stay: they are the
    record, and can be replayed.
    """
    before = now - KEPT
    finished = connection.execute(_FINISHED, {"before": before, "most": MOST}).rowcount
    orphaned = connection.execute(_ORPHANED, {"most": MOST}).rowcount
    connection.execute(_DELETED, {"before": before})
    connection.execute(_EXPIRED, {"now": now})
    return finished + orphaned
