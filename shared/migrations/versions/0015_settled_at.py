"""When a charge settled; how charges of a window fared is read from one index."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)


UP = """
ALTER TABLE charges ADD COLUMN settled_at timestamptz;
COMMENT ON COLUMN charges.settled_at IS
    'NULL too where it settled before this column was there.';
CREATE INDEX ix_charges_created ON charges (created_at) INCLUDE (provider, status, settled_at);
"""

DOWN = """
DROP INDEX ix_charges_created;
ALTER TABLE charges DROP COLUMN settled_at;
"""
