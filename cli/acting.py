"""What the commands have in common: whose container they use, who acts, how failure is told."""

from __future__ import annotations

import getpass
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

import click
from sqlalchemy.exc import OperationalError

from shared.container import Container, container
from shared.domain.errors import ChargehandError
from shared.operations.acting import Mandate

Command = TypeVar("Command", bound=Callable[..., Any])


class Commands(click.Group):
    """Commands whose failures are a sentence each, with exit code 1."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that is asked for."""
        try:
            return super().invoke(ctx)
        except ChargehandError as refused:
            raise click.ClickException(str(refused)) from None
        except OperationalError as failed:
            cause = str(failed.orig).strip().splitlines()[0]
            raise click.ClickException(f"The database does not answer: {cause}") from None


def deps() -> Container:
    """What the command works with: what its caller gave, else built from the environment."""
    return click.get_current_context().find_object(Container) or container("cli")


def as_json(command: Command) -> Command:
    """Let the command print JSON."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def acting(command: Command) -> Command:
    """Let the command be told who acts, why, and which action it is if it was tried before."""
    for option in (
        click.option("--reason", required=True, help="Why; it stays on record."),
        click.option("--actor", default=getpass.getuser, help="Who acts.  [default: your login]"),
        click.option(
            "--once",
            type=click.UUID,
            default=uuid.uuid4,
            help="The action's UUID: given the same one again, it is not done again.",
        ),
    ):
        command = option(command)
    return command


def mandate(actor: str, reason: str, once: uuid.UUID) -> Mandate:
    """The mandate that these options give."""
    return Mandate(actor, reason, once)
