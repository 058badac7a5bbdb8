"""How soon events were handled and deliveries made in a window is read from one index each."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


# Built beside those who write. What an interrupted try left behind is not valid, and goes first.
def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_webhook_events_handled")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_webhook_events_handled ON webhook_events (handled_at)"
            " INCLUDE (provider, received_at) WHERE handled_at IS NOT NULL"
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_outbound_deliveries_ended")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_outbound_deliveries_ended"
            " ON outbound_deliveries (finished_at)"
            " INCLUDE (status, created_at) WHERE finished_at IS NOT NULL"
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_outbound_deliveries_finished")


def downgrade() -> None:
    op.execute("DROP INDEX ix_webhook_events_handled, ix_outbound_deliveries_ended")
    op.execute(
        "CREATE INDEX ix_outbound_deliveries_finished ON outbound_deliveries (finished_at)"
        " WHERE finished_at IS NOT NULL"
    )
