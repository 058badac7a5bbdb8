"""The commands that compare with the providers, before the time."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from cli.acting import acting, as_json, before, deps, most, tell
from cli.charges import id_of
from cli.naming import NAME, ROW_ID, Name
from cli.printing import print_json, print_table
from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.operations import reconciliation as operations
from shared.operations.acting import Mandate
from shared.repository.differences import open_differences


@click.group()
def reconcile() -> None:
    """Compare a charge or a day with its provider now; see what differs."""


@reconcile.command()
@click.argument("provider", type=click.Choice([each.value for each in Provider]))
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--account", help="An organizer's account; else our own.")
@acting
@as_json
def day(
    *, provider: str, day: datetime, account: str | None, mandate: Mandate, as_json: bool
) -> None:
    """Read and compare DAY of PROVIDER's ledger, in beat's next round."""
    wanted = operations.LedgerDay(Provider(provider), day.replace(tzinfo=UTC).date(), account)
    tell(operations.reconcile_day(deps(), wanted, mandate), as_json=as_json)


@reconcile.command()
@click.argument("charge", type=NAME)
@acting
@as_json
def charge(*, charge: Name, mandate: Mandate, as_json: bool) -> None:
    """Ask the provider how CHARGE stands, in the next round."""
    tell(operations.reconcile_charge(deps(), id_of(charge), mandate), as_json=as_json)


@reconcile.command()
@click.argument("difference", type=ROW_ID)
@acting
@as_json
def explain(*, difference: int, mandate: Mandate, as_json: bool) -> None:
    """Keep --reason as what explains DIFFERENCE: it alarms nobody any more."""
    tell(operations.explain(deps(), difference, mandate), as_json=as_json)


@reconcile.command()
@before
@most
@as_json
def differences(*, before: int, most: int, as_json: bool) -> None:
    """List what differs between our rows and the providers' ledgers, the newest first."""
    with unit_of_work(deps().engine) as connection:
        found = open_differences(connection, before, most)
    if as_json:
        print_json(found)
        return
    names = ("id", "provider", "day", "type", "charge", "ours", "theirs", "object", "explained by")
    rows = [
        (
            *(d.id, d.provider, d.day, d.type, d.charge_id, d.ours, d.theirs),
            *(d.object_reference, d.explanation),
        )
        for d in found
    ]
    print_table(names, rows)
