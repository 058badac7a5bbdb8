"""A workshop, and the command line over its container."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from click.testing import CliRunner, Result
from structlog.testing import capture_logs

from cli.__main__ import main
from local import environment as env
from local.development_keys import DevelopmentKeys
from local.folders import temporary_folder
from local.sandboxed import Sandbox
from tests.reconciliation.workshop import Workshop

WHY = ("--actor", "ada", "--reason", "the buyer called")


@dataclass(frozen=True)
class Hand:
    """An operator at the command line."""

    workshop: Workshop

    def run(self, *words: object) -> Result:
        """Run a command."""
        with capture_logs():
            return CliRunner().invoke(main, [str(word) for word in words], obj=self.workshop.deps)

    def read(self, *words: object) -> Any:
        """What a command that succeeds prints as JSON."""
        ended = self.run(*words, "--json")
        assert ended.exit_code == 0, ended.output
        return json.loads(ended.stdout)

    def refused(self, *words: object) -> str:
        """The sentence of a command that is refused, and changes nothing."""
        before = self.everything()
        ended = self.run(*words)
        assert ended.exit_code == 1, ended.output
        assert self.everything() == before
        return ended.stderr.strip()

    def everything(self) -> str:
        """Every row of every table."""
        tables = self.workshop.sql(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            " ORDER BY 1"
        )
        return str(
            [self.workshop.sql(f"SELECT t::text FROM {name} t ORDER BY 1") for (name,) in tables]  # noqa: S608 names of the schema
        )

    def actions(self) -> list[tuple[Any, ...]]:
        """What stands on record."""
        return self.workshop.sql(
            "SELECT actor, action, subject, reason, outcome FROM operator_actions ORDER BY id"
        )


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One sandbox process; each workshop opens a world of its own in it."""
    with (
        temporary_folder("cli") as folder,
        Sandbox(folder, DevelopmentKeys(), env.given()) as running,
    ):
        yield running


@pytest.fixture
def hand(sandbox: Sandbox, own_database_url: str) -> Iterator[Hand]:
    """An operator over a world of their own."""
    with Workshop(sandbox.url, own_database_url) as made:
        yield Hand(made)
