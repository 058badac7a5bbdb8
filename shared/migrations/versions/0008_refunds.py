"""Refunds that we make, a dispute's money, the wish to cancel a charge."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)


UP = """
ALTER TABLE refunds
    ADD COLUMN origin text NOT NULL DEFAULT 'provider'
        CONSTRAINT ck_refunds_origin CHECK (origin IN ('ours', 'provider')),
    ADD COLUMN reason text,
    ADD COLUMN requested_by text,
    ADD COLUMN operation text,
    ADD COLUMN request jsonb,
    ADD COLUMN key_number bigint NOT NULL DEFAULT 1,
    ADD COLUMN key_expires_at timestamptz,
    ADD COLUMN started_at timestamptz,
    ADD COLUMN tries bigint NOT NULL DEFAULT 0,
    ADD COLUMN maybe_executed boolean NOT NULL DEFAULT false,
    ADD COLUMN replayable boolean NOT NULL DEFAULT true,
    ADD COLUMN claim_number bigint NOT NULL DEFAULT 0,
    ADD COLUMN claimed_until timestamptz,
    ADD COLUMN next_attempt_at timestamptz,
    ADD COLUMN dispatch_at timestamptz,
    ADD COLUMN failure_code text,
    ADD COLUMN failure_message text,
    DROP CONSTRAINT ck_refunds_status,
    ADD CONSTRAINT ck_refunds_status CHECK (status IN
        ('pending', 'succeeded', 'failed', 'canceled', 'needs_review'));
ALTER TABLE refunds ALTER COLUMN origin DROP DEFAULT;
UPDATE refunds SET next_attempt_at = now(), dispatch_at = now() WHERE status = 'pending';
ALTER TABLE refunds
    ADD CONSTRAINT ck_refunds_pending_is_dispatched CHECK
        (status <> 'pending' OR (dispatch_at IS NOT NULL AND next_attempt_at IS NOT NULL)),
    ADD CONSTRAINT ck_refunds_frozen_whole CHECK
        (num_nonnulls(operation, request, key_expires_at, started_at) IN (0, 4)),
    ADD CONSTRAINT ck_refunds_provider_names_its_own CHECK
        (origin = 'ours' OR (provider_reference IS NOT NULL AND request IS NULL));
CREATE INDEX ix_refunds_dispatch ON refunds (dispatch_at) WHERE dispatch_at IS NOT NULL;

CREATE FUNCTION refunds_begin() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER refunds_begin BEFORE INSERT ON refunds
    FOR EACH ROW EXECUTE FUNCTION refunds_begin();

CREATE FUNCTION refunds_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.status, NEW.status) NOT IN (
        ('pending', 'succeeded'), ('pending', 'failed'), ('pending', 'canceled'),
        ('pending', 'needs_review'),
        ('succeeded', 'failed'), ('succeeded', 'canceled'), ('succeeded', 'needs_review'),
        ('failed', 'needs_review'), ('canceled', 'needs_review'),
        ('needs_review', 'succeeded'), ('needs_review', 'failed'), ('needs_review', 'canceled')
    ) THEN
        RAISE EXCEPTION 'refund % may not move from % to %', OLD.id, OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_refunds_moves';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refunds_move BEFORE UPDATE OF status ON refunds
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refunds_move();

CREATE FUNCTION refunds_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what refund % asks for is frozen', OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_refunds_frozen';
END $$;
CREATE TRIGGER refunds_frozen BEFORE UPDATE ON refunds FOR EACH ROW
    WHEN ((OLD.identifier, OLD.charge_id, OLD.origin, OLD.amount_minor, OLD.currency)
          IS DISTINCT FROM
          (NEW.identifier, NEW.charge_id, NEW.origin, NEW.amount_minor, NEW.currency)
          OR OLD.request IS NOT NULL
          AND (OLD.operation, OLD.request) IS DISTINCT FROM (NEW.operation, NEW.request)
          OR OLD.request IS NOT NULL AND NEW.key_number = OLD.key_number
          AND OLD.key_expires_at IS DISTINCT FROM NEW.key_expires_at)
    EXECUTE FUNCTION refunds_frozen();
CREATE FUNCTION refunds_key_renewed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'refund % may have been made under key %', OLD.id, OLD.key_number
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_refunds_key_renewed';
END $$;
CREATE TRIGGER refunds_key_renewed BEFORE UPDATE OF key_number ON refunds FOR EACH ROW
    WHEN (NEW.key_number <> OLD.key_number
          AND (OLD.maybe_executed OR OLD.provider_reference IS NOT NULL
               OR NEW.key_number < OLD.key_number))
    EXECUTE FUNCTION refunds_key_renewed();

ALTER TABLE disputes
    ADD COLUMN withdrawn_minor bigint NOT NULL DEFAULT 0
        CONSTRAINT ck_disputes_withdrawn CHECK (withdrawn_minor >= 0),
    ADD COLUMN reinstated_minor bigint NOT NULL DEFAULT 0
        CONSTRAINT ck_disputes_reinstated CHECK (reinstated_minor >= 0);

ALTER TABLE charges ADD COLUMN cancel_requested_at timestamptz;
"""

DOWN = """
ALTER TABLE charges DROP COLUMN cancel_requested_at;
ALTER TABLE disputes DROP COLUMN withdrawn_minor, DROP COLUMN reinstated_minor;
DROP TRIGGER refunds_begin ON refunds;
DROP TRIGGER refunds_move ON refunds;
DROP TRIGGER refunds_frozen ON refunds;
DROP TRIGGER refunds_key_renewed ON refunds;
DROP FUNCTION refunds_begin, refunds_move, refunds_frozen, refunds_key_renewed;
UPDATE refunds SET status = 'pending' WHERE status = 'needs_review';
ALTER TABLE refunds
    DROP CONSTRAINT ck_refunds_status,
    DROP CONSTRAINT ck_refunds_pending_is_dispatched,
    DROP CONSTRAINT ck_refunds_frozen_whole,
    DROP CONSTRAINT ck_refunds_provider_names_its_own,
    DROP COLUMN origin, DROP COLUMN reason, DROP COLUMN requested_by, DROP COLUMN operation,
    DROP COLUMN request, DROP COLUMN key_number, DROP COLUMN key_expires_at,
    DROP COLUMN started_at, DROP COLUMN tries, DROP COLUMN maybe_executed,
    DROP COLUMN replayable, DROP COLUMN claim_number, DROP COLUMN claimed_until,
    DROP COLUMN next_attempt_at, DROP COLUMN dispatch_at, DROP COLUMN failure_code,
    DROP COLUMN failure_message,
    ADD CONSTRAINT ck_refunds_status CHECK (status IN
        ('pending', 'succeeded', 'failed', 'canceled'));
"""
