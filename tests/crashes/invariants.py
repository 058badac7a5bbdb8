"""What holds once everything is at rest, by the sandbox's own ledger and the database alone."""

from typing import Any

from sandbox.client import MONEY_IN
from tests.reconciliation.workshop import Workshop

_OPEN = """
    SELECT 'charge' AS kind, id FROM charges
    WHERE dispatch_at IS NOT NULL OR claimed_until IS NOT NULL OR instrument IS NOT NULL
    UNION ALL SELECT 'attempt', id FROM attempts WHERE finished_at IS NULL
    UNION ALL SELECT 'refund', id FROM refunds
    WHERE dispatch_at IS NOT NULL OR claimed_until IS NOT NULL
    UNION ALL SELECT 'event', id FROM webhook_events
    WHERE handled_at IS NULL OR dispatch_at IS NOT NULL
    UNION ALL SELECT 'delivery', id FROM outbound_deliveries
    WHERE status = 'pending' OR dispatch_at IS NOT NULL OR claimed_until IS NOT NULL
"""
_TOLD_TWICE = """
    SELECT event_type, payload FROM outbound_events
    WHERE event_type LIKE 'charge.%' OR event_type LIKE 'order.%'
    GROUP BY 1, 2 HAVING count(*) > 1
"""
_REFUNDED = "SELECT coalesce(sum(amount_minor), 0) FROM refunds WHERE status = 'succeeded'"


def assert_at_rest(workshop: Workshop) -> None:
    """Nothing is due, held or open; no instrument is kept; nobody is told the same twice."""
    assert workshop.sql(_OPEN) == []
    assert workshop.sql(_TOLD_TWICE) == []


def assert_true(workshop: Workshop, charge: int, status: str) -> None:
    """The charge ended so, and the ledger says the same to the cent."""
    row, order = workshop.row(charge), _order_of(workshop, charge)
    taken = _movements(workshop, MONEY_IN)
    assert row.status == status
    if status == "succeeded":
        assert taken == [(row.amount_minor, row.currency)]
        assert row.amount_captured_minor == row.amount_minor
        assert order == "completed"
    else:
        assert taken == []
        assert order != "completed"


def assert_refunded(workshop: Workshop) -> None:
    """The ledger gave back what the rows say, once."""
    given = sum(-amount for amount, _ in _movements(workshop, {"refund"}))
    assert given == workshop.sql(_REFUNDED)[0][0]


def _movements(workshop: Workshop, kinds: Any) -> list[tuple[int, str]]:
    rows = workshop.control.ledger()
    return [(row["amount_minor"], row["currency"]) for row in rows if row["kind"] in kinds]


def _order_of(workshop: Workshop, charge: int) -> str:
    query = "SELECT o.status FROM orders o JOIN charges c ON c.order_id = o.id WHERE c.id = :id"
    return str(workshop.sql(query, id=charge)[0][0])
