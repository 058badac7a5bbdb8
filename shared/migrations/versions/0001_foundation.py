"""The foundation: every table, with every invariant that SQL can state."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)


UP = """
CREATE TABLE events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identifier text NOT NULL CONSTRAINT uq_events_identifier UNIQUE,
    name text NOT NULL,
    currency text NOT NULL CONSTRAINT ck_events_currency CHECK (currency ~ '^[A-Z]{3}$'),
    can_pay_by_stripe boolean NOT NULL,
    can_pay_by_paypal boolean NOT NULL,
    paypal_email text,
    organizer_ids text[] NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identifier uuid NOT NULL CONSTRAINT uq_orders_identifier UNIQUE,
    event_id bigint NOT NULL CONSTRAINT fk_orders_event REFERENCES events,
    user_id text NOT NULL,
    amount_minor bigint CONSTRAINT ck_orders_amount CHECK (amount_minor >= 0),
    currency text NOT NULL CONSTRAINT ck_orders_currency CHECK (currency ~ '^[A-Z]{3}$'),
    payment_mode text NOT NULL CONSTRAINT ck_orders_payment_mode CHECK (payment_mode IN
        ('stripe', 'paypal', 'free', 'bank', 'cheque', 'onsite', 'invoice')),
    status text NOT NULL CONSTRAINT ck_orders_status CHECK (status IN
        ('pending', 'completed', 'cancelled', 'expired')),
    expires_at timestamptz,
    completed_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT ck_orders_completed_at CHECK ((status = 'completed') = (completed_at IS NOT NULL))
);
CREATE INDEX ix_orders_event ON orders (event_id);
CREATE INDEX ix_orders_expiry ON orders (expires_at) WHERE status = 'pending';

CREATE TABLE instruments (
    fingerprint bytea NOT NULL CONSTRAINT pk_instruments PRIMARY KEY,
    order_id bigint NOT NULL CONSTRAINT fk_instruments_order REFERENCES orders,
    CONSTRAINT uq_instruments_order UNIQUE (fingerprint, order_id)
);
COMMENT ON TABLE instruments IS 'An instrument pays one order; its hash says which.';

CREATE TABLE charges (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identifier uuid NOT NULL CONSTRAINT uq_charges_identifier UNIQUE,
    order_id bigint NOT NULL CONSTRAINT fk_charges_order REFERENCES orders,
    provider text NOT NULL CONSTRAINT ck_charges_provider CHECK (provider IN ('stripe', 'paypal')),
    status text NOT NULL CONSTRAINT ck_charges_status CHECK (status IN
        ('accepted', 'submitting', 'indeterminate', 'requires_action', 'processing',
         'succeeded', 'failed', 'canceled', 'needs_review')),
    amount_minor bigint NOT NULL CONSTRAINT ck_charges_amount CHECK (amount_minor > 0),
    currency text NOT NULL CONSTRAINT ck_charges_currency CHECK (currency ~ '^[A-Z]{3}$'),
    account text,
    instrument bytea,
    instrument_fingerprint bytea NOT NULL,
    provider_reference text,
    capture_reference text,
    amount_captured_minor bigint NOT NULL DEFAULT 0,
    amount_refunded_minor bigint NOT NULL DEFAULT 0,
    failure_code text,
    failure_message text,
    next_action jsonb,
    paid_via text,
    brand text,
    last4 text,
    exp_month integer,
    exp_year integer,
    attempts bigint NOT NULL DEFAULT 0,
    claim_number bigint NOT NULL DEFAULT 0,
    claimed_until timestamptz,
    next_attempt_at timestamptz,
    dispatch_at timestamptz,
    deadline_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT fk_charges_instrument FOREIGN KEY (instrument_fingerprint, order_id)
        REFERENCES instruments (fingerprint, order_id),
    CONSTRAINT ck_charges_refunded_within_captured CHECK
        (amount_refunded_minor BETWEEN 0 AND amount_captured_minor),
    CONSTRAINT ck_charges_success_is_captured CHECK
        (status <> 'succeeded' OR (amount_captured_minor = amount_minor
                                   AND capture_reference IS NOT NULL)),
    CONSTRAINT ck_charges_submitting_is_claimed CHECK
        (status <> 'submitting' OR claimed_until IS NOT NULL),
    CONSTRAINT ck_charges_waiting_is_dispatched CHECK
        (status NOT IN ('accepted', 'submitting', 'indeterminate')
         OR (dispatch_at IS NOT NULL AND next_attempt_at IS NOT NULL)),
    CONSTRAINT ck_charges_settled_keeps_no_instrument CHECK
        (status NOT IN ('succeeded', 'failed', 'canceled') OR instrument IS NULL)
);
CREATE UNIQUE INDEX uq_charges_one_live_per_order ON charges (order_id)
    WHERE status NOT IN ('failed', 'canceled', 'needs_review');
CREATE UNIQUE INDEX uq_charges_provider_reference
    ON charges (provider, coalesce(account, ''), provider_reference)
    WHERE status NOT IN ('failed', 'canceled', 'needs_review');
CREATE UNIQUE INDEX uq_charges_capture_reference
    ON charges (provider, coalesce(account, ''), capture_reference);
CREATE INDEX ix_charges_order ON charges (order_id, id);
CREATE INDEX ix_charges_reference ON charges (provider, provider_reference);
CREATE INDEX ix_charges_dispatch ON charges (dispatch_at) WHERE dispatch_at IS NOT NULL;
CREATE INDEX ix_charges_deadline ON charges (deadline_at) WHERE deadline_at IS NOT NULL;

CREATE FUNCTION charges_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'accepted' THEN
            RAISE EXCEPTION 'a charge begins as accepted, not %', NEW.status
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_charges_moves';
        END IF;
    ELSIF (OLD.status, NEW.status) NOT IN (
        ('accepted', 'canceled'), ('accepted', 'failed'), ('accepted', 'needs_review'),
        ('accepted', 'processing'), ('accepted', 'submitting'), ('accepted', 'succeeded'),
        ('canceled', 'needs_review'),
        ('failed', 'needs_review'),
        ('indeterminate', 'accepted'), ('indeterminate', 'canceled'), ('indeterminate', 'failed'),
        ('indeterminate', 'needs_review'), ('indeterminate', 'processing'),
        ('indeterminate', 'requires_action'), ('indeterminate', 'succeeded'),
        ('processing', 'canceled'), ('processing', 'failed'), ('processing', 'needs_review'),
        ('processing', 'succeeded'),
        ('requires_action', 'accepted'), ('requires_action', 'canceled'),
        ('requires_action', 'failed'), ('requires_action', 'needs_review'),
        ('requires_action', 'processing'), ('requires_action', 'succeeded'),
        ('submitting', 'accepted'), ('submitting', 'canceled'), ('submitting', 'failed'),
        ('submitting', 'indeterminate'), ('submitting', 'needs_review'),
        ('submitting', 'processing'), ('submitting', 'requires_action'),
        ('submitting', 'succeeded'),
        ('succeeded', 'needs_review')
    ) THEN
        RAISE EXCEPTION 'charge % may not move from % to %', OLD.id, OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_charges_moves';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER charges_begin BEFORE INSERT ON charges
    FOR EACH ROW EXECUTE FUNCTION charges_move();
CREATE TRIGGER charges_move BEFORE UPDATE OF status ON charges
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION charges_move();

CREATE FUNCTION orders_completed_by_money() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM charges WHERE order_id = NEW.id AND status = 'succeeded') THEN
        RAISE EXCEPTION 'order % has no succeeded charge', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_orders_completed_by_money';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER orders_completed_by_money BEFORE UPDATE OF status ON orders
    FOR EACH ROW WHEN (NEW.status = 'completed' AND OLD.status <> 'completed')
    EXECUTE FUNCTION orders_completed_by_money();

CREATE FUNCTION orders_kept_while_charged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM charges WHERE order_id = NEW.id
               AND status NOT IN ('failed', 'canceled')) THEN
        RAISE EXCEPTION 'order % has a charge that may still pay it', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_orders_kept_while_charged';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER orders_kept_while_charged BEFORE UPDATE OF status ON orders
    FOR EACH ROW WHEN (NEW.status IN ('cancelled', 'expired') AND OLD.status = 'pending')
    EXECUTE FUNCTION orders_kept_while_charged();

CREATE TABLE attempts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    charge_id bigint NOT NULL CONSTRAINT fk_attempts_charge REFERENCES charges,
    number bigint NOT NULL,
    operation text NOT NULL,
    idempotency_key text NOT NULL CONSTRAINT uq_attempts_idempotency_key UNIQUE,
    request jsonb NOT NULL,
    key_expires_at timestamptz NOT NULL,
    tries bigint NOT NULL DEFAULT 0,
    maybe_executed boolean NOT NULL,
    replayable boolean NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    outcome text,
    CONSTRAINT uq_attempts_number UNIQUE (charge_id, number)
);
CREATE UNIQUE INDEX uq_attempts_one_open_per_charge ON attempts (charge_id)
    WHERE finished_at IS NULL;

CREATE FUNCTION attempts_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the key and the request of attempt % are frozen', OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_attempts_frozen';
END $$;
CREATE TRIGGER attempts_frozen BEFORE UPDATE ON attempts FOR EACH ROW
    WHEN ((OLD.idempotency_key, OLD.request, OLD.operation, OLD.key_expires_at)
          IS DISTINCT FROM (NEW.idempotency_key, NEW.request, NEW.operation, NEW.key_expires_at))
    EXECUTE FUNCTION attempts_frozen();

CREATE TABLE transitions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    charge_id bigint NOT NULL CONSTRAINT fk_transitions_charge REFERENCES charges,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    event text NOT NULL,
    from_status text NOT NULL,
    to_status text NOT NULL,
    reason text NOT NULL,
    evidence jsonb
);
CREATE INDEX ix_transitions_charge ON transitions (charge_id, id);

CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_append_only';
END $$;
CREATE TRIGGER transitions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transitions
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE TABLE refunds (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identifier uuid NOT NULL CONSTRAINT uq_refunds_identifier UNIQUE,
    charge_id bigint NOT NULL CONSTRAINT fk_refunds_charge REFERENCES charges,
    provider text NOT NULL,
    provider_reference text,
    amount_minor bigint NOT NULL CONSTRAINT ck_refunds_amount CHECK (amount_minor > 0),
    currency text NOT NULL,
    status text NOT NULL CONSTRAINT ck_refunds_status CHECK (status IN
        ('pending', 'succeeded', 'failed', 'canceled')),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT uq_refunds_provider_reference UNIQUE (provider, provider_reference)
);
CREATE INDEX ix_refunds_charge ON refunds (charge_id);

CREATE TABLE disputes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    charge_id bigint NOT NULL CONSTRAINT fk_disputes_charge REFERENCES charges,
    provider text NOT NULL,
    provider_reference text NOT NULL,
    amount_minor bigint NOT NULL CONSTRAINT ck_disputes_amount CHECK (amount_minor > 0),
    currency text NOT NULL,
    status text NOT NULL CONSTRAINT ck_disputes_status CHECK (status IN
        ('open', 'won', 'lost', 'closed')),
    reason text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT uq_disputes_provider_reference UNIQUE (provider, provider_reference)
);
CREATE INDEX ix_disputes_charge ON disputes (charge_id);

CREATE TABLE webhook_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider text NOT NULL CONSTRAINT ck_webhook_events_provider CHECK
        (provider IN ('stripe', 'paypal')),
    event_id text NOT NULL,
    event_type text NOT NULL,
    account text,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    tries bigint NOT NULL DEFAULT 0,
    dispatch_at timestamptz,
    handled_at timestamptz,
    result text,
    charge_id bigint CONSTRAINT fk_webhook_events_charge REFERENCES charges,
    CONSTRAINT uq_webhook_events_event UNIQUE (provider, event_id),
    CONSTRAINT ck_webhook_events_unhandled_is_dispatched CHECK
        (handled_at IS NOT NULL OR dispatch_at IS NOT NULL)
);
CREATE INDEX ix_webhook_events_dispatch ON webhook_events (dispatch_at)
    WHERE dispatch_at IS NOT NULL;
CREATE INDEX ix_webhook_events_charge ON webhook_events (charge_id) WHERE charge_id IS NOT NULL;

CREATE TABLE outbound_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identifier uuid NOT NULL CONSTRAINT uq_outbound_events_identifier UNIQUE,
    order_id bigint NOT NULL CONSTRAINT fk_outbound_events_order REFERENCES orders,
    event_type text NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    dispatch_at timestamptz,
    delivered_at timestamptz
);
CREATE INDEX ix_outbound_events_order ON outbound_events (order_id, id);

CREATE TABLE idempotency_keys (
    user_id text NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    charge_id bigint NOT NULL CONSTRAINT fk_idempotency_keys_charge REFERENCES charges,
    created_at timestamptz NOT NULL,
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (user_id, route, key)
);
CREATE INDEX ix_idempotency_keys_created ON idempotency_keys (created_at);
"""

DOWN = """
DROP TABLE idempotency_keys, outbound_events, webhook_events, disputes, refunds, transitions,
    attempts, charges, instruments, orders, events;
DROP FUNCTION charges_move, orders_completed_by_money, orders_kept_while_charged, attempts_frozen, append_only;
"""
