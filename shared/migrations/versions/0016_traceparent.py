"""A row that work is told of keeps the trace that it came from."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLES = ("charges", "refunds", "webhook_events", "outbound_events")


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ADD COLUMN traceparent text DEFAULT {CURRENT}")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} DROP COLUMN traceparent")


# Whichever statement inserts, of this version or another; after a transaction that had set it,
# Postgres knows the setting as an empty text.
CURRENT = "nullif(current_setting('chargehand.traceparent', true), '')"
