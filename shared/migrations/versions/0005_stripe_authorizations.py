"""Organizers' own Stripe accounts; charges that wait for theirs to come back."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)


UP = """
CREATE TABLE stripe_authorizations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id bigint NOT NULL CONSTRAINT fk_stripe_authorizations_event REFERENCES events
        CONSTRAINT uq_stripe_authorizations_event UNIQUE,
    stripe_user_id text CONSTRAINT ck_stripe_authorizations_user CHECK (stripe_user_id ~ '^acct_'),
    account text NOT NULL GENERATED ALWAYS AS (coalesce(stripe_user_id, 'key_' || id)) STORED,
    publishable_key text,
    access_token bytea,
    refresh_token bytea,
    livemode boolean NOT NULL,
    scope text NOT NULL,
    authorized_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT ck_stripe_authorizations_credentials CHECK
        (stripe_user_id IS NOT NULL OR access_token IS NOT NULL)
);
CREATE INDEX ix_stripe_authorizations_account ON stripe_authorizations (account);
COMMENT ON COLUMN stripe_authorizations.account IS
    'What charges carry: the account at Stripe, or whose key it is where no account is known.';

ALTER TABLE charges ADD COLUMN parked_reason text;
CREATE INDEX ix_charges_account_live ON charges (account)
    WHERE account IS NOT NULL AND status NOT IN ('succeeded', 'failed', 'canceled');
COMMENT ON COLUMN charges.parked_reason IS
    'Why nobody takes the charge on for now. It keeps its status, its key, its request.';
"""

DOWN = """
DROP INDEX ix_charges_account_live;
ALTER TABLE charges DROP COLUMN parked_reason;
DROP TABLE stripe_authorizations;
"""
