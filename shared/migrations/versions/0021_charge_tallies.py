"""How the charges of an hour fared, counted by the watch, so that a month need not be read whole."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute("DROP TABLE charge_tallies")


UP = """
CREATE TABLE charge_tallies (
    hour timestamptz PRIMARY KEY,
    counted_at timestamptz NOT NULL,
    counts jsonb NOT NULL
);
COMMENT ON COLUMN charge_tallies.counts IS
    'Of the charges accepted in that hour: provider, status, lag (its bucket), charged (how many).';
"""
