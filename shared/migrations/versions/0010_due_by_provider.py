"""What is due is found provider by provider."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)


UP = """
DROP INDEX ix_charges_dispatch, ix_webhook_events_dispatch;
CREATE INDEX ix_charges_dispatch ON charges (provider, dispatch_at) WHERE dispatch_at IS NOT NULL;
CREATE INDEX ix_webhook_events_dispatch ON webhook_events (provider, dispatch_at)
    WHERE dispatch_at IS NOT NULL;
"""

DOWN = """
DROP INDEX ix_charges_dispatch, ix_webhook_events_dispatch;
CREATE INDEX ix_charges_dispatch ON charges (dispatch_at) WHERE dispatch_at IS NOT NULL;
CREATE INDEX ix_webhook_events_dispatch ON webhook_events (dispatch_at)
    WHERE dispatch_at IS NOT NULL;
"""
