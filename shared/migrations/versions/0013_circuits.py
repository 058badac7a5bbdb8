"""Circuits: whether an account at a provider may be called, and who changed that."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)


UP = """
CREATE TABLE circuits (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider text NOT NULL,
    account text NOT NULL,
    state text NOT NULL DEFAULT 'closed'
        CONSTRAINT ck_circuits_state CHECK (state IN ('closed', 'open', 'paused')),
    cause text CONSTRAINT ck_circuits_cause CHECK (cause IN ('refused', 'ailing', 'paused')),
    reason text,
    failures bigint NOT NULL DEFAULT 0,
    probe_number bigint NOT NULL DEFAULT 0,
    probe_at timestamptz,
    changed_at timestamptz NOT NULL,
    CONSTRAINT uq_circuits_account UNIQUE (provider, account),
    CONSTRAINT ck_circuits_open_is_probed CHECK ((state = 'open') = (probe_at IS NOT NULL)),
    CONSTRAINT ck_circuits_closed_has_no_cause CHECK ((state = 'closed') = (cause IS NULL))
);

CREATE TABLE circuit_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    circuit_id bigint NOT NULL CONSTRAINT fk_circuit_changes_circuit REFERENCES circuits,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    cause text,
    reason text NOT NULL,
    evidence jsonb
);
CREATE INDEX ix_circuit_changes_circuit ON circuit_changes (circuit_id, id);
CREATE TRIGGER circuit_changes_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON circuit_changes
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
"""

DOWN = """
DROP TABLE circuit_changes;
DROP TABLE circuits;
"""
