"""An order is completed by what its own charges say, however many others succeeded."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

# By the statistics from before a backlog nothing succeeded, and whoever looks for what did begins
# there: each completion then reads all that were charged since. An array is read by the order.
_CHECK = """
CREATE OR REPLACE FUNCTION orders_completed_by_money() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {unpaid} THEN
        RAISE EXCEPTION 'order % has no succeeded charge', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_orders_completed_by_money';
    END IF;
    RETURN NEW;
END $$
"""
_BY_ORDER = "'succeeded' <> ALL (ARRAY(SELECT status FROM charges WHERE order_id = NEW.id))"
_BY_EITHER = "NOT EXISTS (SELECT FROM charges WHERE order_id = NEW.id AND status = 'succeeded')"


def upgrade() -> None:
    op.execute(_CHECK.format(unpaid=_BY_ORDER))


def downgrade() -> None:
    op.execute(_CHECK.format(unpaid=_BY_EITHER))
