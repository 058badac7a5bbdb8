"""When beat's rounds were last done, so that its silence is seen from the database alone."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE rounds (name text PRIMARY KEY, done_at timestamptz NOT NULL)")


def downgrade() -> None:
    op.execute("DROP TABLE rounds")
