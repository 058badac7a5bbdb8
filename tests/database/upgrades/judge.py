"""What a change of the schema does to those who work meanwhile, by what Postgres shows of it."""

from collections.abc import Callable

from sqlalchemy import Connection, text

# A change keeps others waiting from its statement to its commit. That is over at once unless it
# rewrites a table, or reads one whole: to check it, to index it, to fill it. What was committed by
# the way, as an index that is built concurrently, keeps nobody waiting.
_TABLES = text("""
    SELECT c.relname, pg_relation_filenode(c.oid), coalesce(s.seq_scan, 0)
    FROM pg_class c LEFT JOIN pg_stat_xact_user_tables s ON s.relid = c.oid
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
""")

_HELD = text("""
    SELECT c.relname FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
    WHERE l.pid = pg_backend_pid() AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')
""")


def harm(connection: Connection, change: Callable[[], object]) -> set[str]:
    """Make the change in the open transaction; what it does to tables that were there before."""
    before = {name: (file, scans) for name, file, scans in connection.execute(_TABLES)}
    change()
    held = set(connection.execute(_HELD).scalars())
    found = set()
    for name, file, scans in connection.execute(_TABLES):
        was_file, was_scans = before.get(name, (file, scans))
        found |= {f"rewrites {name}"} if file != was_file else set()
        found |= {f"reads all of {name}"} if scans != was_scans and name in held else set()
    return found
