"""A day's ledger at the provider is kept, compared with our rows, each difference on record."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)


UP = """
CREATE TABLE reconciliation_runs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider text NOT NULL CONSTRAINT ck_reconciliation_runs_provider CHECK
        (provider IN ('stripe', 'paypal')),
    account text,
    day date NOT NULL,
    page text,
    checks bigint NOT NULL DEFAULT 0,
    open_differences bigint NOT NULL DEFAULT 0,
    unexplained bigint NOT NULL DEFAULT 0,
    totals jsonb,
    due_at timestamptz,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    claim_number bigint NOT NULL DEFAULT 0,
    failures bigint NOT NULL DEFAULT 0,
    last_error text,
    CONSTRAINT ck_reconciliation_runs_end CHECK (finished_at IS NOT NULL OR due_at IS NOT NULL)
);
CREATE UNIQUE INDEX uq_reconciliation_runs_day
    ON reconciliation_runs (provider, coalesce(account, ''), day);
CREATE INDEX ix_reconciliation_runs_due ON reconciliation_runs (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE ledger_movements (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider text NOT NULL,
    account text,
    day date NOT NULL,
    reference text NOT NULL,
    kind text NOT NULL CONSTRAINT ck_ledger_movements_kind CHECK
        (kind IN ('capture', 'refund', 'dispute', 'other')),
    object_reference text NOT NULL,
    parent_reference text,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    fee_minor bigint NOT NULL,
    fee_currency text NOT NULL,
    our_references text[] NOT NULL,
    moved_at timestamptz NOT NULL
);
COMMENT ON TABLE ledger_movements IS 'The providers'' lines as they were read: never changed.';
CREATE UNIQUE INDEX uq_ledger_movements_line
    ON ledger_movements (provider, coalesce(account, ''), reference, kind, amount_minor);
CREATE INDEX ix_ledger_movements_object
    ON ledger_movements (provider, coalesce(account, ''), object_reference);
CREATE INDEX ix_ledger_movements_day ON ledger_movements (provider, coalesce(account, ''), day);

CREATE TABLE reconciliation_differences (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id bigint NOT NULL CONSTRAINT fk_reconciliation_differences_run
        REFERENCES reconciliation_runs,
    type text NOT NULL CONSTRAINT ck_reconciliation_differences_type CHECK
        (type IN ('missing_here', 'missing_there', 'amount', 'currency', 'duplicate', 'unknown',
                  'orphan')),
    kind text NOT NULL,
    object_reference text NOT NULL,
    charge_id bigint CONSTRAINT fk_reconciliation_differences_charge REFERENCES charges,
    ours text,
    theirs text,
    explanation text,
    found_at timestamptz NOT NULL,
    resolved_at timestamptz
);
CREATE UNIQUE INDEX uq_reconciliation_differences_open
    ON reconciliation_differences (run_id, type, kind, object_reference)
    WHERE resolved_at IS NULL;
CREATE INDEX ix_reconciliation_differences_charge ON reconciliation_differences (charge_id)
    WHERE charge_id IS NOT NULL;

-- Block ranges: moves are appended in the order of time, and a day is a run of blocks.
CREATE INDEX ix_transitions_at ON transitions USING brin (at);
"""

DOWN = """
DROP INDEX ix_transitions_at;
DROP TABLE reconciliation_differences, ledger_movements, reconciliation_runs;
"""
