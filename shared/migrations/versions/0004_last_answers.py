"""Attempts keep the last answer: what a person needs where nothing was proven."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE attempts ADD COLUMN last_answer jsonb")


def downgrade() -> None:
    op.execute("ALTER TABLE attempts DROP COLUMN last_answer")
