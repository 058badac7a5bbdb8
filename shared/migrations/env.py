"""Alembic's door: migrations run online, one transaction each, under one advisory lock."""

from alembic import context
from sqlalchemy import create_engine, text

from shared.settings import load_database_settings
from shared.tables import METADATA

_ONE_MIGRATOR = text("SELECT pg_advisory_xact_lock(hashtext('chargehand.migrations'))")

# Whoever waits for a table keeps all behind it waiting, too. How long a change takes is its own
# matter, whatever a pooler sets.
_PATIENCE = text("SET LOCAL lock_timeout = '3s'; SET LOCAL statement_timeout = 0")


def migrate() -> None:
    """Bring the database to the asked revision."""
    engine = create_engine(load_database_settings().database_url)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=METADATA)
        with context.begin_transaction():
            connection.execute(_ONE_MIGRATOR)
            connection.execute(_PATIENCE)
            context.run_migrations()
    engine.dispose()


migrate()
