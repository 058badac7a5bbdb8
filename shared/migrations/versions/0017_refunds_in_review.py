"""Refunds that wait for a person are counted at each scrape."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


# Built beside those who write. What an interrupted try left behind is not valid, and goes first.
def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_refunds_review")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_refunds_review ON refunds (provider)"
            " WHERE status = 'needs_review'"
        )


def downgrade() -> None:
    op.execute("DROP INDEX ix_refunds_review")
