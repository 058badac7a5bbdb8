"""A charge's moves are kept by the month, so that what is old goes without a trace in what is new."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


# What is there becomes the first partition as it stands, until the month after next. That it ends
# there is checked beside those who write; what is left, under a lock, is names. A try that had to
# give up leaves the check behind, and it refuses what is later: there is a month for the next try.
def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '3s'")
        op.execute(BOUND)
        op.execute("ALTER TABLE transitions VALIDATE CONSTRAINT ck_transitions_before")
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)


BOUND = """
DO $$ BEGIN
    EXECUTE format(
        'ALTER TABLE transitions DROP CONSTRAINT IF EXISTS ck_transitions_before,'
        ' ADD CONSTRAINT ck_transitions_before CHECK (at < %L) NOT VALID',
        (date_trunc('month', now() AT TIME ZONE 'UTC') + interval '2 months') AT TIME ZONE 'UTC');
END $$
"""

# Moves have no key of their own: nobody refers to one. A sequence, as identity columns of
# partitioned tables are news to some Postgres.
COLUMNS = """
    id bigint NOT NULL {identity},
    charge_id bigint NOT NULL CONSTRAINT fk_transitions_charge REFERENCES charges,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    event text NOT NULL,
    from_status text NOT NULL,
    to_status text NOT NULL,
    reason text NOT NULL,
    evidence jsonb
"""

INDEXES = """
CREATE INDEX ix_transitions_charge ON transitions (charge_id, id);
CREATE INDEX ix_transitions_at ON transitions USING brin (at);
CREATE TRIGGER transitions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transitions
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
"""

UP = f"""
LOCK TABLE transitions IN ACCESS EXCLUSIVE MODE;
ALTER TABLE transitions RENAME TO transitions_before;
ALTER INDEX transitions_pkey RENAME TO pk_transitions_before;
ALTER INDEX ix_transitions_charge RENAME TO ix_transitions_before_charge;
ALTER INDEX ix_transitions_at RENAME TO ix_transitions_before_at;
ALTER TABLE transitions_before ALTER COLUMN id DROP IDENTITY;

CREATE SEQUENCE transitions_id_seq;
SELECT setval('transitions_id_seq', coalesce(max(id), 0) + 1, false) FROM transitions_before;
CREATE TABLE transitions ({COLUMNS.format(identity="DEFAULT nextval('transitions_id_seq')")})
    PARTITION BY RANGE (at);
ALTER SEQUENCE transitions_id_seq OWNED BY transitions.id;
{INDEXES}
DO $$ BEGIN
    EXECUTE format(
        'ALTER TABLE transitions ATTACH PARTITION transitions_before'
        ' FOR VALUES FROM (MINVALUE) TO (%L)',
        (SELECT (regexp_match(pg_get_constraintdef(oid), '''(.+)'''))[1] FROM pg_constraint
         WHERE conname = 'ck_transitions_before'));
END $$;
ALTER TABLE transitions_before DROP CONSTRAINT ck_transitions_before;

CREATE TABLE transitions_default PARTITION OF transitions DEFAULT;
CREATE TRIGGER transitions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transitions_default
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE VIEW transition_months AS
    SELECT c.relname AS name,
           CAST((regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \\(''(.+)''\\)'))[1]
                AS timestamptz) AS ends_at
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = CAST('transitions' AS regclass)
      AND c.oid <> CAST('transitions_default' AS regclass);
COMMENT ON VIEW transition_months IS 'The partitions of transitions; each ends where the next begins.';

CREATE FUNCTION transitions_add_month(until timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    begins timestamptz;
    ends timestamptz;
    month text;
BEGIN
    LOCK TABLE transitions IN SHARE UPDATE EXCLUSIVE MODE;
    SELECT max(ends_at) INTO begins FROM transition_months;
    IF begins >= until THEN
        RETURN false;
    END IF;
    ends := (begins AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC';
    month := 'transitions_' || to_char(begins AT TIME ZONE 'UTC', 'YYYY_MM');
    EXECUTE format('CREATE TABLE %I (LIKE transitions INCLUDING DEFAULTS)', month);
    IF EXISTS (SELECT FROM transitions_default WHERE at >= begins AND at < ends) THEN
        ALTER TABLE transitions_default DISABLE TRIGGER transitions_append_only;
        EXECUTE format('WITH moved AS (
                DELETE FROM transitions_default WHERE at >= %L AND at < %L RETURNING *
            ) INSERT INTO %I SELECT * FROM moved', begins, ends, month);
        ALTER TABLE transitions_default ENABLE TRIGGER transitions_append_only;
    END IF;
    EXECUTE format('CREATE TRIGGER transitions_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
        FOR EACH STATEMENT EXECUTE FUNCTION append_only()', month);
    EXECUTE format('ALTER TABLE transitions ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        month, begins, ends);
    RETURN true;
END $$;
COMMENT ON FUNCTION transitions_add_month IS 'Adds one month if those there are end before then.';
"""

DOWN = f"""
DROP FUNCTION transitions_add_month;
DROP VIEW transition_months;
ALTER TABLE transitions RENAME TO transitions_by_month;
ALTER INDEX ix_transitions_charge RENAME TO ix_transitions_by_month_charge;
ALTER INDEX ix_transitions_at RENAME TO ix_transitions_by_month_at;
ALTER SEQUENCE transitions_id_seq RENAME TO transitions_by_month_id_seq;
CREATE TABLE transitions ({COLUMNS.format(identity="GENERATED ALWAYS AS IDENTITY PRIMARY KEY")});
INSERT INTO transitions OVERRIDING SYSTEM VALUE SELECT * FROM transitions_by_month ORDER BY id;
SELECT setval('transitions_id_seq', coalesce(max(id), 0) + 1, false) FROM transitions;
DROP TABLE transitions_by_month;
{INDEXES}
"""
