"""What waits for a person is found at once; who drives an event anew is on record."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)


UP = """
CREATE INDEX ix_charges_review ON charges (id) WHERE status = 'needs_review';
CREATE INDEX ix_reconciliation_runs_unexplained ON reconciliation_runs (id) WHERE unexplained > 0;

CREATE TABLE webhook_event_redrives (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id bigint NOT NULL CONSTRAINT fk_webhook_event_redrives_event REFERENCES webhook_events,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL CONSTRAINT ck_webhook_event_redrives_reason CHECK (reason <> ''),
    former_result text,
    former_handled_at timestamptz NOT NULL
);
CREATE INDEX ix_webhook_event_redrives_event ON webhook_event_redrives (event_id);
CREATE TRIGGER webhook_event_redrives_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON webhook_event_redrives
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
"""

DOWN = """
DROP TABLE webhook_event_redrives;
DROP INDEX ix_reconciliation_runs_unexplained;
DROP INDEX ix_charges_review;
"""
