"""What holds once everything is at rest, by the sandbox's own ledger and the database alone."""

from collections import Counter
from collections.abc import Collection

from sandbox.client import MONEY_IN
from tests.crashes.site import Site
from tests.outbound.post_office import id_of

_OPEN = """
    SELECT 'charge' AS kind, id FROM charges
    WHERE dispatch_at IS NOT NULL OR claimed_until IS NOT NULL OR instrument IS NOT NULL
    UNION ALL SELECT 'attempt', id FROM attempts WHERE finished_at IS NULL
    UNION ALL SELECT 'refund', id FROM refunds
    WHERE dispatch_at IS NOT NULL OR claimed_until IS NOT NULL
    UNION ALL SELECT 'event', id FROM webhook_events
    WHERE handled_at IS NULL OR dispatch_at IS NOT NULL
    UNION ALL SELECT 'ledger', id FROM reconciliation_runs WHERE finished_at IS NULL
    UNION ALL SELECT 'delivery', id FROM outbound_deliveries
    WHERE status = 'pending' OR dispatch_at IS NOT NULL OR claimed_until IS NOT NULL
"""
_TOLD_TWICE = """
    SELECT event_type, payload FROM outbound_events GROUP BY 1, 2 HAVING count(*) > 1
"""
_CHARGES = """
    SELECT c.status, c.amount_minor, c.currency, c.amount_captured_minor, o.status
    FROM charges c JOIN orders o ON o.id = c.order_id
"""
_REFUNDS = "SELECT status, amount_minor FROM refunds"
_UNDELIVERED = "SELECT id FROM outbound_deliveries WHERE status <> 'delivered'"


def assert_ended(site: Site, status: str) -> None:
    """The one charge ended so, and the ledger says the same to the cent."""
    assert_at_rest(site)
    [(found, amount, currency, captured, order)] = site.sql(_CHARGES)
    taken = _movements(site, MONEY_IN)
    assert found == status
    assert taken == ([(amount, currency)] if status == "succeeded" else [])
    assert captured == (amount if status == "succeeded" else 0)
    assert (order == "completed") == (status == "succeeded")


def assert_refunded(site: Site, status: str) -> None:
    """The one refund was made, once."""
    assert_ended(site, status)
    [(found, amount)] = site.sql(_REFUNDS)
    assert found == "succeeded"
    assert [-given for given, _ in _movements(site, {"refund"})] == [amount]


def assert_told(site: Site, status: str) -> None:
    """The platform was told of each event at least once, of none under two names."""
    assert_ended(site, status)
    assert site.sql(_UNDELIVERED) == []
    ids = {str(row[0]) for row in site.sql("SELECT identifier FROM outbound_events")}
    came = Counter(id_of(delivery) for delivery in site.receiver.deliveries)
    assert ids <= set(came)
    assert site.sql(_TOLD_TWICE) == []


def assert_parked(site: Site, _: str) -> None:
    """Nothing was taken, and the charge waits for the organizer."""
    assert _movements(site, MONEY_IN) == []
    assert site.sql("SELECT id FROM charges WHERE parked_reason IS NULL") == []
    assert site.sql("SELECT id FROM stripe_authorizations WHERE revoked_at IS NULL") == []


def assert_given_back(site: Site, _: str) -> None:
    """The charge stays canceled; what was captured for it went back whole, once."""
    assert_at_rest(site)
    [(found, amount, currency, captured, order)] = site.sql(_CHARGES)
    assert (found, captured, order) == ("canceled", 0, "pending")
    assert _movements(site, MONEY_IN) == [(amount, currency)]
    assert _movements(site, {"refund"}) == [(-amount, currency)]
    assert site.sql(_REFUNDS) == [("succeeded", amount)]


def assert_connected(site: Site, _: str, account: str) -> None:
    """The organizer's account is connected, at Stripe and in one row."""
    rows = site.sql("SELECT stripe_user_id FROM stripe_authorizations WHERE revoked_at IS NULL")
    assert rows == [(account,)]
    assert site.is_let_in(account)


def assert_let_go(site: Site, _: str, account: str) -> None:
    """The account is not connected any more, and no row says that it is."""
    assert site.sql("SELECT id FROM stripe_authorizations") == []
    assert not site.is_let_in(account)


def assert_at_rest(site: Site) -> None:
    """Nothing is due, held or open; no instrument is kept; nobody is told the same twice."""
    assert site.sql(_OPEN) == []
    assert site.sql(_TOLD_TWICE) == []


def _movements(site: Site, kinds: Collection[str]) -> list[tuple[int, str]]:
    rows = site.control.ledger()
    return [(row["amount_minor"], row["currency"]) for row in rows if row["kind"] in kinds]
