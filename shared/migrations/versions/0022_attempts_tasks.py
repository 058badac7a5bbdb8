"""An attempt names the task that made its newest try."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE attempts ADD COLUMN task_id text")


def downgrade() -> None:
    op.execute("ALTER TABLE attempts DROP COLUMN task_id")
