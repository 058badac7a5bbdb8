"""The database refuses deliveries and endpoints that may not be, by name."""

import uuid

import psycopg2
import pytest
from psycopg2.extensions import connection

from tests.database.rows import run


@pytest.fixture
def endpoint(db: connection) -> int:
    """An enabled endpoint with its secret."""
    made = run(
        db,
        "INSERT INTO outbound_endpoints (identifier, url, event_types, status, created_at,"
        " updated_at) VALUES (%s, 'https://hooks.example', '{}', 'enabled', now(), now())"
        " RETURNING id",
        str(uuid.uuid4()),
    )
    run(
        db,
        "INSERT INTO outbound_secrets (endpoint_id, secret, created_at) VALUES (%s, 's', now())"
        " RETURNING id",
        made,
    )
    return made


@pytest.fixture
def delivery(db: connection, endpoint: int) -> int:
    """A pending delivery of a ping."""
    event = run(
        db,
        "INSERT INTO outbound_events (identifier, event_type, payload, created_at)"
        " VALUES (%s, 'endpoint.ping', '{}', now()) RETURNING id",
        str(uuid.uuid4()),
    )
    return run(
        db,
        "INSERT INTO outbound_deliveries (event_id, endpoint_id, status, next_attempt_at,"
        " dispatch_at, created_at) VALUES (%s, %s, 'pending', now(), now(), now()) RETURNING id",
        event,
        endpoint,
    )


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE outbound_deliveries SET dispatch_at = NULL",
         "ck_outbound_deliveries_pending_is_dispatched"),
        ("UPDATE outbound_deliveries SET next_attempt_at = NULL",
         "ck_outbound_deliveries_pending_is_dispatched"),
        ("UPDATE outbound_deliveries SET status = 'delivered'",
         "ck_outbound_deliveries_finished"),
        ("UPDATE outbound_deliveries SET status = 'lost', finished_at = now(),"
         " next_attempt_at = NULL, dispatch_at = NULL", "ck_outbound_deliveries_status"),
        ("UPDATE outbound_deliveries SET status = 'delivered', finished_at = now(),"
         " next_attempt_at = NULL, dispatch_at = NULL, claimed_until = now()",
         "ck_outbound_deliveries_finished_is_unclaimed"),
        ("INSERT INTO outbound_deliveries (event_id, endpoint_id, status, next_attempt_at,"
         " dispatch_at, created_at) SELECT event_id, endpoint_id, 'pending', now(), now(), now()"
         " FROM outbound_deliveries", "uq_outbound_deliveries_event"),
        ("UPDATE outbound_events SET event_type = 'order.completed'", "ck_outbound_events_order"),
        ("UPDATE outbound_endpoints SET status = 'disabled'",
         "ck_outbound_endpoints_disabled_says_why"),
        ("UPDATE outbound_endpoints SET disabled_reason = 'x'",
         "ck_outbound_endpoints_disabled_says_why"),
        ("UPDATE outbound_endpoints SET failures = 1", "ck_outbound_endpoints_failing_since"),
        ("UPDATE outbound_endpoints SET status = 'asleep'", "ck_outbound_endpoints_status"),
        ("INSERT INTO outbound_secrets (endpoint_id, secret, created_at)"
         " SELECT endpoint_id, 't', now() FROM outbound_secrets",
         "uq_outbound_secrets_one_current"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("delivery")
def test_what_may_not_be_is_refused(db: connection, statement: str, constraint: str) -> None:
    with pytest.raises(psycopg2.IntegrityError) as refused:
        run(db, statement)

    assert refused.value.diag.constraint_name == constraint
