"""What the commands have in common: whose container they use, who acts, how failure is told."""

from __future__ import annotations

import getpass
import uuid
from collections.abc import Callable
from functools import wraps
from typing import IO, Any, TypeVar

import click
from sqlalchemy.exc import OperationalError

from cli.naming import ROW_ID
from cli.printing import print_json
from shared.container import Container, container
from shared.domain.errors import ChargehandError
from shared.operations.acting import Mandate
from shared.repository.charge_lists import NEWEST
from shared.repository.operator_actions import OperatorAction

Command = TypeVar("Command", bound=Callable[..., Any])


class Commands(click.Group):
    """Commands whose failures are a sentence each, with exit code 1."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that is asked for."""
        as_json = "--json" in ctx.args
        try:
            return super().invoke(ctx)
        except ChargehandError as refused:
            raise Refusal(str(refused), as_json=as_json) from None
        except OperationalError as failed:
            cause = str(failed.orig).strip().splitlines()[0]
            told = f"The database does not answer: {cause}"
            raise Refusal(told, as_json=as_json) from None


class Refusal(click.ClickException):
    """A sentence on standard error; for programs a JSON object, where its answer would be."""

    def __init__(self, message: str, *, as_json: bool) -> None:
        super().__init__(message)
        self._as_json = as_json

    def show(self, file: IO[Any] | None = None) -> None:
        """Say it."""
        if self._as_json:
            print_json({"error": self.message})
        else:
            super().show(file)


def deps() -> Container:
    """What the command works with: what its caller gave, else built from the environment."""
    return click.get_current_context().find_object(Container) or container("cli")


def as_json(command: Command) -> Command:
    """Let the command print JSON."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def before(command: Command) -> Command:
    """Let the command's list go on where a page of it ended."""
    told = "Only those with a lower id: the next page."
    return click.option("--before", type=ROW_ID, default=NEWEST, help=told)(command)


def most(command: Command) -> Command:
    """Let the command's list be as long as is wanted."""
    return click.option("--most", type=_COUNT, default=50, show_default=True, help="How many.")(
        command
    )


def tell(done: OperatorAction, *, as_json: bool) -> None:
    """Print what was done."""
    if as_json:
        print_json(done)
    else:
        click.echo(f"{done.subject}: {done.outcome}")


def acting(command: Callable[..., None]) -> Callable[..., None]:
    """Give the command a `mandate`: who acts, why, which action it is if it was tried before."""

    @wraps(command)
    def mandated(*, actor: str, reason: str, once: uuid.UUID, **given: object) -> None:
        command(mandate=Mandate(actor, reason, once), **given)

    return _reason(_actor(_once(mandated)))


_COUNT = click.IntRange(1, 10_000)
_reason = click.option("--reason", required=True, help="Why; it stays on record.")
_actor = click.option("--actor", default=getpass.getuser, help="Who acts.  [default: your login]")
_once = click.option(
    "--once",
    type=click.UUID,
    default=uuid.uuid4,
    help="The action's UUID: given the same one again, it is not done again.",
)
