"""An event whose handling raises says why, for as long as it waits."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE webhook_events ADD COLUMN failure text")


def downgrade() -> None:
    op.execute("ALTER TABLE webhook_events DROP COLUMN failure")
