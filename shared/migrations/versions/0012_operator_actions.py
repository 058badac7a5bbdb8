"""What operators do is on record; what they look for is found by an index."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)


UP = """
CREATE TABLE operator_actions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identifier uuid NOT NULL CONSTRAINT uq_operator_actions_identifier UNIQUE,
    at timestamptz NOT NULL,
    actor text NOT NULL CONSTRAINT ck_operator_actions_actor CHECK (actor ~ '\\S'),
    action text NOT NULL,
    subject text NOT NULL,
    reason text NOT NULL CONSTRAINT ck_operator_actions_reason CHECK (reason ~ '\\S'),
    outcome text NOT NULL
);
CREATE INDEX ix_operator_actions_subject ON operator_actions (subject, id);
CREATE TRIGGER operator_actions_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON operator_actions
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE INDEX ix_charges_status ON charges (status, id);
CREATE INDEX ix_charges_capture ON charges (capture_reference) WHERE capture_reference IS NOT NULL;
"""

DOWN = """
DROP INDEX ix_charges_status, ix_charges_capture;
DROP TABLE operator_actions;
"""
