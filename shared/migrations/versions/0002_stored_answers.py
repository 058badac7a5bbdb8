"""Idempotency keys keep the answer they were given; orders are listed by buyer and organizer."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)


# Keys from before have no answer to replay; the order's one live charge still stands for them.
UP = """
DELETE FROM idempotency_keys;
ALTER TABLE idempotency_keys
    DROP COLUMN charge_id,
    ADD COLUMN status integer NOT NULL,
    ADD COLUMN location text NOT NULL,
    ADD COLUMN body text NOT NULL;
CREATE INDEX ix_orders_user ON orders (user_id, id);
CREATE INDEX ix_orders_event_page ON orders (event_id, id);
DROP INDEX ix_orders_event;
CREATE INDEX ix_events_organizers ON events USING gin (organizer_ids);
"""

DOWN = """
DELETE FROM idempotency_keys;
ALTER TABLE idempotency_keys
    DROP COLUMN status, DROP COLUMN location, DROP COLUMN body,
    ADD COLUMN charge_id bigint NOT NULL CONSTRAINT fk_idempotency_keys_charge REFERENCES charges;
DROP INDEX ix_orders_user, ix_orders_event_page, ix_events_organizers;
CREATE INDEX ix_orders_event ON orders (event_id);
"""
