"""Alembic's door: migrations run online, one transaction each, under one advisory lock."""

from alembic import context
from sqlalchemy import create_engine, text

from shared.settings import load_database_settings
from shared.tables import METADATA

_ONE_MIGRATOR = text("SELECT pg_advisory_xact_lock(hashtext('chargehand.migrations'))")


def migrate() -> None:
    """Bring the database to the asked revision."""
    engine = create_engine(load_database_settings().database_url)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=METADATA)
        with context.begin_transaction():
            connection.execute(_ONE_MIGRATOR)
            context.run_migrations()
    engine.dispose()


migrate()
