"""The providers' event lists are read from a cursor; an event says how it was found."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)


UP = """
ALTER TABLE webhook_events ADD COLUMN found_by text NOT NULL DEFAULT 'webhook'
    CONSTRAINT ck_webhook_events_found_by CHECK (found_by IN ('webhook', 'event_list'));

CREATE TABLE event_cursors (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider text NOT NULL CONSTRAINT ck_event_cursors_provider CHECK
        (provider IN ('stripe', 'paypal')),
    account text,
    read_until timestamptz NOT NULL,
    newest_at timestamptz NOT NULL,
    page text,
    asked_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    claim_number bigint NOT NULL DEFAULT 0,
    failures bigint NOT NULL DEFAULT 0,
    last_error text,
    CONSTRAINT ck_event_cursors_never_back CHECK (newest_at >= read_until)
);
CREATE UNIQUE INDEX uq_event_cursors_account ON event_cursors (provider, coalesce(account, ''));
"""

DOWN = """
DROP TABLE event_cursors;
ALTER TABLE webhook_events DROP COLUMN found_by;
"""
