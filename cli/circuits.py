"""The commands about circuits."""

from __future__ import annotations

import click

from cli.acting import acting, as_json, deps, tell
from cli.printing import print_json, print_table
from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.domain.circuit import Key
from shared.operations import circuits as operations
from shared.operations.acting import Mandate
from shared.repository.circuit_views import unclosed_circuits

_provider = click.argument("provider", type=click.Choice([each.value for each in Provider]))
_account = click.option("--account", default="", help="An organizer's account; else our own.")


@click.group()
def circuits() -> None:
    """See through which accounts no calls are made; stop them, let them go."""


@circuits.command("list")
@as_json
def list_(*, as_json: bool) -> None:
    """List the circuits that are open or paused, with what waits for them."""
    with unit_of_work(deps().engine) as connection:
        found = unclosed_circuits(connection)
    if as_json:
        print_json(found)
        return
    names = ("provider", "account", "state", "since", "charges", "refunds", "by", "reason")
    rows = [
        (c.provider, c.account or "-", c.state, c.since, c.charges, c.refunds, c.actor, c.reason)
        for c in found
    ]
    print_table(names, rows)


@circuits.command()
@_provider
@_account
@acting
@as_json
def pause(*, provider: str, account: str, mandate: Mandate, as_json: bool) -> None:
    """Let no call be made to PROVIDER until somebody resumes; what is on the wire goes on."""
    done = operations.pause(deps(), Key(Provider(provider), account), mandate)
    tell(done, as_json=as_json)


@circuits.command()
@_provider
@_account
@acting
@as_json
def resume(*, provider: str, account: str, mandate: Mandate, as_json: bool) -> None:
    """Let calls be made to PROVIDER again, whoever stopped them."""
    done = operations.resume(deps(), Key(Provider(provider), account), mandate)
    tell(done, as_json=as_json)
