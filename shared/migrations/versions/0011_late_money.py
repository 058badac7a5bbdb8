"""Money that does not pay stands by itself, with its refund; a refund's moves are on record."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)


_MOVES = """
CREATE OR REPLACE FUNCTION charges_move() RETURNS trigger LANGUAGE plpgsql AS $$
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
        ('failed', 'needs_review'),FAILED_SUCCEEDED
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
"""

_FROZEN = """
CREATE TRIGGER refunds_frozen BEFORE UPDATE ON refunds FOR EACH ROW
    WHEN ((OLD.identifier, OLD.charge_id, OLD.origin, OLD.amount_minor, OLD.currencySTRAY_OLD)
          IS DISTINCT FROM
          (NEW.identifier, NEW.charge_id, NEW.origin, NEW.amount_minor, NEW.currencySTRAY_NEW)
          OR OLD.request IS NOT NULL
          AND (OLD.operation, OLD.request) IS DISTINCT FROM (NEW.operation, NEW.request)
          OR OLD.request IS NOT NULL AND NEW.key_number = OLD.key_number
          AND OLD.key_expires_at IS DISTINCT FROM NEW.key_expires_at)
    EXECUTE FUNCTION refunds_frozen();
"""


def _moves(failed_succeeded: str) -> str:
    return _MOVES.replace("FAILED_SUCCEEDED", failed_succeeded)


def _frozen(column: str) -> str:
    old, new = (f", {row}.{column}" if column else "" for row in ("OLD", "NEW"))
    return _FROZEN.replace("STRAY_OLD", old).replace("STRAY_NEW", new)


UP = f"""
{_moves(" ('failed', 'succeeded'),")}
CREATE TABLE stray_captures (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    charge_id bigint NOT NULL CONSTRAINT fk_stray_captures_charge REFERENCES charges,
    provider text NOT NULL CONSTRAINT ck_stray_captures_provider CHECK
        (provider IN ('stripe', 'paypal')),
    account text,
    provider_reference text NOT NULL,
    capture_reference text NOT NULL,
    amount_minor bigint NOT NULL CONSTRAINT ck_stray_captures_amount CHECK (amount_minor > 0),
    currency text NOT NULL CONSTRAINT ck_stray_captures_currency CHECK (currency ~ '^[A-Z]{{3}}$'),
    misfit text NOT NULL,
    remedy text NOT NULL CONSTRAINT ck_stray_captures_remedy CHECK
        (remedy IN ('refund', 'review')),
    reason text NOT NULL,
    actor text NOT NULL,
    evidence jsonb NOT NULL,
    found_at timestamptz NOT NULL
);
COMMENT ON TABLE stray_captures IS 'Money that was captured, and is no charge''s payment.';
CREATE UNIQUE INDEX uq_stray_captures_capture
    ON stray_captures (provider, coalesce(account, ''), capture_reference);
CREATE INDEX ix_stray_captures_charge ON stray_captures (charge_id);
CREATE TRIGGER stray_captures_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stray_captures
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE FUNCTION captures_stand_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM stray_captures s
               WHERE s.provider = NEW.provider AND s.capture_reference = NEW.capture_reference
                 AND coalesce(s.account, '') = coalesce(NEW.account, '')) THEN
        RAISE EXCEPTION 'capture % is no charge''s payment', NEW.capture_reference
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'uq_captures_stand_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER charges_capture_stands_once BEFORE UPDATE OF amount_captured_minor ON charges
    FOR EACH ROW WHEN (OLD.amount_captured_minor = 0 AND NEW.amount_captured_minor > 0)
    EXECUTE FUNCTION captures_stand_once();

ALTER TABLE refunds ADD COLUMN stray_capture_id bigint
    CONSTRAINT fk_refunds_stray_capture REFERENCES stray_captures;
CREATE UNIQUE INDEX uq_refunds_one_per_stray_capture ON refunds (stray_capture_id)
    WHERE origin = 'ours' AND status IN ('pending', 'succeeded', 'needs_review');
CREATE INDEX ix_refunds_stray_capture ON refunds (stray_capture_id)
    WHERE stray_capture_id IS NOT NULL;
DROP TRIGGER refunds_frozen ON refunds;
{_frozen("stray_capture_id")}
CREATE OR REPLACE FUNCTION refunds_begin() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    captured bigint;
    taken bigint;
BEGIN
    IF NEW.origin IS DISTINCT FROM 'ours' THEN
        RETURN NEW;
    END IF;
    IF NEW.status <> 'pending' THEN
        RAISE EXCEPTION 'a refund of ours begins as pending, not %', NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_refunds_moves';
    END IF;
    SELECT amount_captured_minor INTO captured FROM charges WHERE id = NEW.charge_id
        FOR NO KEY UPDATE;
    IF NEW.stray_capture_id IS NOT NULL THEN
        SELECT amount_minor INTO captured FROM stray_captures
            WHERE id = NEW.stray_capture_id AND charge_id = NEW.charge_id
              AND currency = NEW.currency;
    END IF;
    SELECT coalesce(sum(amount_minor), 0) INTO taken FROM refunds
        WHERE charge_id = NEW.charge_id AND status IN ('pending', 'succeeded', 'needs_review')
          AND stray_capture_id IS NOT DISTINCT FROM NEW.stray_capture_id;
    IF taken + NEW.amount_minor > coalesce(captured, 0) THEN
        RAISE EXCEPTION 'charge % has % left to refund', NEW.charge_id, captured - taken
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_refunds_within_captured';
    END IF;
    RETURN NEW;
END $$;

CREATE TABLE refund_transitions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    refund_id bigint NOT NULL CONSTRAINT fk_refund_transitions_refund REFERENCES refunds,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    event text NOT NULL,
    from_status text NOT NULL,
    to_status text NOT NULL,
    reason text NOT NULL,
    evidence jsonb
);
CREATE INDEX ix_refund_transitions_refund ON refund_transitions (refund_id, id);
CREATE TRIGGER refund_transitions_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON refund_transitions
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
"""

DOWN = f"""
DROP TABLE refund_transitions;
DROP TRIGGER refunds_frozen ON refunds;
{_frozen("")}
CREATE OR REPLACE FUNCTION refunds_begin() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    captured bigint;
    taken bigint;
BEGIN
    IF NEW.origin IS DISTINCT FROM 'ours' THEN
        RETURN NEW;
    END IF;
    IF NEW.status <> 'pending' THEN
        RAISE EXCEPTION 'a refund of ours begins as pending, not %', NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_refunds_moves';
    END IF;
    SELECT amount_captured_minor INTO captured FROM charges WHERE id = NEW.charge_id
        FOR NO KEY UPDATE;
    SELECT coalesce(sum(amount_minor), 0) INTO taken FROM refunds
        WHERE charge_id = NEW.charge_id AND status IN ('pending', 'succeeded', 'needs_review');
    IF taken + NEW.amount_minor > captured THEN
        RAISE EXCEPTION 'charge % has % left to refund', NEW.charge_id, captured - taken
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_refunds_within_captured';
    END IF;
    RETURN NEW;
END $$;
DELETE FROM refunds WHERE stray_capture_id IS NOT NULL;
ALTER TABLE refunds DROP COLUMN stray_capture_id;
DROP TRIGGER charges_capture_stands_once ON charges;
DROP FUNCTION captures_stand_once;
DROP TABLE stray_captures;
{_moves("")}
"""
