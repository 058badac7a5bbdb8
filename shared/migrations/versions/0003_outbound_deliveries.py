"""Outbound events are delivered: endpoints, their secrets, deliveries, attempts."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)


# A delivery has no foreign key to its endpoint: with one, every settlement would lock the
# endpoint's row. Endpoints are marked deleted, and dropped long after the last event saw them.
UP = """
CREATE TABLE outbound_endpoints (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identifier uuid NOT NULL CONSTRAINT uq_outbound_endpoints_identifier UNIQUE,
    url text NOT NULL,
    event_types text[] NOT NULL,
    status text NOT NULL CONSTRAINT ck_outbound_endpoints_status CHECK
        (status IN ('enabled', 'disabled', 'deleted')),
    disabled_reason text,
    failures bigint NOT NULL DEFAULT 0,
    failing_since timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT ck_outbound_endpoints_disabled_says_why CHECK
        ((status = 'disabled') = (disabled_reason IS NOT NULL)),
    CONSTRAINT ck_outbound_endpoints_failing_since CHECK
        ((failures = 0) = (failing_since IS NULL))
);

CREATE TABLE outbound_secrets (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint_id bigint NOT NULL CONSTRAINT fk_outbound_secrets_endpoint
        REFERENCES outbound_endpoints ON DELETE CASCADE,
    secret bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz
);
CREATE UNIQUE INDEX uq_outbound_secrets_one_current ON outbound_secrets (endpoint_id)
    WHERE expires_at IS NULL;
CREATE INDEX ix_outbound_secrets_endpoint ON outbound_secrets (endpoint_id, id);

ALTER TABLE outbound_events
    DROP COLUMN dispatch_at,
    DROP COLUMN delivered_at,
    ALTER COLUMN order_id DROP NOT NULL,
    ADD CONSTRAINT ck_outbound_events_order CHECK
        (order_id IS NOT NULL OR event_type = 'endpoint.ping');

CREATE TABLE outbound_deliveries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id bigint NOT NULL CONSTRAINT fk_outbound_deliveries_event REFERENCES outbound_events,
    endpoint_id bigint NOT NULL,
    order_id bigint,
    status text NOT NULL CONSTRAINT ck_outbound_deliveries_status CHECK
        (status IN ('pending', 'delivered', 'given_up')),
    tries bigint NOT NULL DEFAULT 0,
    claim_number bigint NOT NULL DEFAULT 0,
    claimed_until timestamptz,
    next_attempt_at timestamptz,
    dispatch_at timestamptz,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT uq_outbound_deliveries_event UNIQUE (event_id, endpoint_id),
    CONSTRAINT ck_outbound_deliveries_pending_is_dispatched CHECK
        ((status = 'pending') = (dispatch_at IS NOT NULL)
         AND (status = 'pending') = (next_attempt_at IS NOT NULL)),
    CONSTRAINT ck_outbound_deliveries_finished CHECK
        ((status = 'pending') = (finished_at IS NULL)),
    CONSTRAINT ck_outbound_deliveries_finished_is_unclaimed CHECK
        (status = 'pending' OR claimed_until IS NULL)
);
CREATE INDEX ix_outbound_deliveries_dispatch ON outbound_deliveries (endpoint_id, dispatch_at)
    WHERE dispatch_at IS NOT NULL;
CREATE INDEX ix_outbound_deliveries_pending
    ON outbound_deliveries (endpoint_id, order_id, event_id) WHERE status = 'pending';
CREATE INDEX ix_outbound_deliveries_in_flight
    ON outbound_deliveries (endpoint_id, claimed_until) WHERE claimed_until IS NOT NULL;
CREATE INDEX ix_outbound_deliveries_finished ON outbound_deliveries (finished_at)
    WHERE finished_at IS NOT NULL;
CREATE INDEX ix_outbound_deliveries_endpoint ON outbound_deliveries (endpoint_id, id);

CREATE TABLE outbound_attempts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id bigint NOT NULL CONSTRAINT fk_outbound_attempts_delivery
        REFERENCES outbound_deliveries ON DELETE CASCADE,
    number bigint NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    status_code integer,
    latency_ms integer,
    error text,
    CONSTRAINT uq_outbound_attempts_number UNIQUE (delivery_id, number)
);
"""

DOWN = """
DROP TABLE outbound_attempts, outbound_deliveries, outbound_secrets, outbound_endpoints;
DELETE FROM outbound_events WHERE order_id IS NULL;
ALTER TABLE outbound_events
    DROP CONSTRAINT ck_outbound_events_order,
    ALTER COLUMN order_id SET NOT NULL,
    ADD COLUMN dispatch_at timestamptz,
    ADD COLUMN delivered_at timestamptz;
"""
