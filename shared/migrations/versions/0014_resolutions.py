"""A person may lead a charge out of review; captured money is never called failed."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)


_MOVES = """
CREATE OR REPLACE FUNCTION charges_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'accepted' THEN
            RAISE EXCEPTION 'a charge begins as accepted, not %', NEW.status
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_charges_moves';
        END IF;
    ELSIF (OLD.status, NEW.status) NOT IN (
        ('accepted', 'canceled'), ('accepted', 'failed'), ('accepted', 'needs_review'),
        ('accepted', 'processing'), ('accepted', 'submitting'), ('accepted', 'succeeded'),
        ('canceled', 'needs_review'),
        ('failed', 'needs_review'), ('failed', 'succeeded'),
        ('indeterminate', 'accepted'), ('indeterminate', 'canceled'), ('indeterminate', 'failed'),
        ('indeterminate', 'needs_review'), ('indeterminate', 'processing'),
        ('indeterminate', 'requires_action'), ('indeterminate', 'succeeded'),REVIEWED
        ('processing', 'canceled'), ('processing', 'failed'), ('processing', 'needs_review'),
        ('processing', 'succeeded'),
        ('requires_action', 'accepted'), ('requires_action', 'canceled'),
        ('requires_action', 'failed'), ('requires_action', 'needs_review'),
        ('requires_action', 'processing'), ('requires_action', 'succeeded'),
        ('submitting', 'accepted'), ('submitting', 'canceled'), ('submitting', 'failed'),
        ('submitting', 'indeterminate'), ('submitting', 'needs_review'),
        ('submitting', 'processing'), ('submitting', 'requires_action'),
        ('submitting', 'succeeded'),
        ('succeeded', 'needs_review')
    ) THEN
        RAISE EXCEPTION 'charge % may not move from % to %', OLD.id, OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_charges_moves';
    END IF;
    RETURN NEW;
END $$;
"""

REVIEWED = """
        ('needs_review', 'canceled'), ('needs_review', 'failed'), ('needs_review', 'succeeded'),"""

UP = f"""
{_MOVES.replace("REVIEWED", REVIEWED)}
ALTER TABLE charges ADD CONSTRAINT ck_charges_released_is_uncaptured CHECK
    (status NOT IN ('failed', 'canceled') OR amount_captured_minor = 0);
"""

DOWN = f"""
ALTER TABLE charges DROP CONSTRAINT ck_charges_released_is_uncaptured;
{_MOVES.replace("REVIEWED", "")}
"""
