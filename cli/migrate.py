"""The command that brings the database to the newest migration."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine

from cli.acting import as_json
from cli.printing import print_json
from shared.settings import load_database_settings

_INI: Final = Path(__file__).resolve().parents[1] / "shared" / "migrations" / "alembic.ini"


@click.command()
@click.option("--check", is_flag=True, help="Only say whether it is there; exit code 1 if not.")
@as_json
def migrate(*, check: bool, as_json: bool) -> None:
    """Bring the database to the newest migration; DATABASE_URL is all this needs."""
    if not check:
        command.upgrade(Config(str(_INI)), "head")
    engine = create_engine(load_database_settings().database_url)
    missing = standing(engine)
    engine.dispose()
    if as_json:
        print_json({"is_newest": missing is None, "missing": missing})
    if missing:
        raise click.ClickException(missing)
    if not as_json:
        click.echo("The database is at the newest migration.")


def standing(engine: Engine) -> str | None:
    """What is amiss with the database's migration, a sentence; None where nothing is."""
    newest = ScriptDirectory.from_config(Config(str(_INI))).get_current_head()
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == newest:
        return None
    return f"The database is at migration {current}, not {newest}: run script/chargehand migrate."
