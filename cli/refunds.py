"""The commands about refunds."""

from __future__ import annotations

import click

from cli.acting import acting, as_json, before, deps, most, tell
from cli.charges import id_of
from cli.naming import NAME, Name
from cli.printing import facts, print_facts, print_json, print_table
from shared.db import unit_of_work
from shared.domain.errors import ActionRefused
from shared.domain.refund import RefundStatus
from shared.domain.refund_decisions import RefundResolution
from shared.operations import refunds as operations
from shared.operations.acting import Mandate
from shared.repository.refund_intake import RefundView, list_refunds, read_refund


@click.group()
def refunds() -> None:
    """See refunds, and make them."""


@refunds.command("list")
@click.option(
    "--status",
    type=click.Choice([status.value for status in RefundStatus]),
    help="Only those that stand there.",
)
@before
@most
@as_json
def list_(*, status: str | None, before: int, most: int, as_json: bool) -> None:
    """List refunds, ours and those made at the providers, the newest first."""
    wanted = RefundStatus(status) if status else None
    with unit_of_work(deps().engine) as connection:
        found = list_refunds(connection, before, most, wanted)
    if as_json:
        print_json(found)
        return
    names = ("id", "charge", "status", "amount", "origin", "created", "why it is no success")
    rows = [
        (r.id, r.charge_id, r.status, r.money, r.origin, r.created_at, r.failure_message)
        for r in found
    ]
    print_table(names, rows)


@refunds.command()
@click.argument("refund", type=NAME)
@as_json
def show(*, refund: Name, as_json: bool) -> None:
    """Show REFUND (an id or identifier); what happened to it stands in its charge's timeline."""
    found = _known(refund)
    if as_json:
        print_json(found)
    else:
        print_facts(facts(found) | {"money": found.money})


@refunds.command()
@click.argument("refund", type=NAME)
@click.argument("decision", type=click.Choice([each.value for each in RefundResolution]))
@click.option("--reference", help="The provider's refund, where ours knows none.")
@acting
@as_json
def resolve(
    *, refund: Name, decision: str, reference: str | None, mandate: Mandate, as_json: bool
) -> None:
    r"""Decide about REFUND, which waits for a person; --reason is kept as the note.

    \b
    settle  end it by what its provider shows now: done, failed, or never made
    keep    note what was found out, and decide later
    """
    ask = operations.RefundAsk(RefundResolution(decision), reference)
    tell(operations.resolve(deps(), _known(refund).id, ask, mandate), as_json=as_json)


@refunds.command()
@click.argument("charge", type=NAME)
@click.option("--amount", help="How much, as 12.50; without it, all that is left.")
@acting
@as_json
def create(*, charge: Name, amount: str | None, mandate: Mandate, as_json: bool) -> None:
    """Give back CHARGE's payment, whole or in part."""
    tell(operations.refund(deps(), id_of(charge), amount, mandate), as_json=as_json)


def _known(refund: Name) -> RefundView:
    with unit_of_work(deps().engine) as connection:
        found = read_refund(connection, *refund)
    if found is None:
        raise ActionRefused(f"There is no refund {refund}.")
    return found
