"""The commands about what operators did."""

from __future__ import annotations

import click

from cli.acting import as_json, before, deps, most
from cli.printing import facts, print_json, print_table
from shared.db import unit_of_work
from shared.repository.operator_actions import list_actions


@click.group()
def audit() -> None:
    """See what operators did, here and in the console."""


@audit.command("list")
@click.option("--actor", default="", help="Only what they did.")
@click.option("--action", default="", help="Only what is called so: charge.retry, ….")
@before
@most
@as_json
def list_(*, actor: str, action: str, before: int, most: int, as_json: bool) -> None:
    """List what was done, the newest first."""
    with unit_of_work(deps().engine) as connection:
        found = list_actions(connection, actor=actor, action=action, before=before, most=most)
    if as_json:
        print_json([{"id": row_id} | facts(each) for row_id, each in found.items()])
        return
    names = ("id", "at", "who", "action", "subject", "outcome", "reason")
    rows = [
        (row_id, each.at, each.actor, each.action, each.subject, each.outcome, each.reason)
        for row_id, each in found.items()
    ]
    print_table(names, rows)
