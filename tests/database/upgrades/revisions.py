"""The migrations as Alembic has them."""

from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory

from tests.conftest import PROJECT

_SCRIPTS = ScriptDirectory.from_config(Config(PROJECT / "shared/migrations/alembic.ini"))


def revisions() -> list[str]:
    """All, the oldest first."""
    return [script.revision for script in _SCRIPTS.walk_revisions()][::-1]


def script(revision: str) -> Any:
    """A migration: its `path`, its `module` with `upgrade`."""
    found = _SCRIPTS.get_revision(revision)
    assert found is not None
    return found
