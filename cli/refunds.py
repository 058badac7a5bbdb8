"""The commands about refunds."""

from __future__ import annotations

import click

from cli.acting import acting, as_json, before, deps, most, tell
from cli.charges import id_of
from cli.naming import NAME, Name
from cli.printing import facts, print_facts, print_json, print_table
from shared.db import unit_of_work
from shared.domain.errors import ActionRefused
from shared.operations import refunds as operations
from shared.operations.acting import Mandate
from shared.repository.refund_intake import list_refunds, read_refund


@click.group()
def refunds() -> None:
    """See refunds, and make them."""


@refunds.command("list")
@before
@most
@as_json
def list_(*, before: int, most: int, as_json: bool) -> None:
    """List refunds, ours and those made at the providers, the newest first."""
    with unit_of_work(deps().engine) as connection:
        found = list_refunds(connection, before, most)
    if as_json:
        print_json(found)
        return
    names = ("id", "charge", "status", "amount", "origin", "created", "reason")
    rows = [(r.id, r.charge_id, r.status, r.money, r.origin, r.created_at, r.reason) for r in found]
    print_table(names, rows)


@refunds.command()
@click.argument("refund", type=NAME)
@as_json
def show(*, refund: Name, as_json: bool) -> None:
    """Show REFUND (an id or identifier); what happened to it stands in its charge's timeline."""
    with unit_of_work(deps().engine) as connection:
        found = read_refund(connection, *refund)
    if found is None:
        raise ActionRefused(f"There is no refund {refund}.")
    if as_json:
        print_json(found)
    else:
        print_facts(facts(found) | {"money": found.money})


@refunds.command()
@click.argument("charge", type=NAME)
@click.option("--amount", help="How much, as 12.50; without it, all that is left.")
@acting
@as_json
def create(*, charge: Name, amount: str | None, mandate: Mandate, as_json: bool) -> None:
    """Give back CHARGE's payment, whole or in part."""
    tell(operations.refund(deps(), id_of(charge), amount, mandate), as_json=as_json)
