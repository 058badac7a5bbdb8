"""The commands about what the ticketing platform is told."""

from __future__ import annotations

import click

from cli.acting import acting, as_json, before, deps, most, tell
from cli.naming import ROW_ID
from cli.printing import print_json, print_table
from shared.db import unit_of_work
from shared.domain.outbound import DeliveryStatus
from shared.operations.acting import Mandate
from shared.operations.outbound import tell_again
from shared.repository.outbound_views import list_events


@click.group()
def outbound() -> None:
    """See what the platform is told, and tell it again."""


@outbound.command("list")
@click.option(
    "--status",
    type=click.Choice([status.value for status in DeliveryStatus]),
    help="Only those with a delivery that stands there.",
)
@before
@most
@as_json
def list_(*, status: str | None, before: int, most: int, as_json: bool) -> None:
    """List events, the newest first."""
    wanted = DeliveryStatus(status) if status else None
    with unit_of_work(deps().engine) as connection:
        found = list_events(connection, status=wanted, before=before, most=most)
    if as_json:
        print_json(found)
        return
    names = ("id", "order", "created", "type", "identifier")
    print_table(
        names, [(e.id, e.order_id, e.created_at, e.event_type, e.identifier) for e in found]
    )


@outbound.command()
@click.argument("event", type=ROW_ID)
@acting
@as_json
def replay(*, event: int, mandate: Mandate, as_json: bool) -> None:
    """Tell of EVENT again, under its own id, each endpoint that wants it."""
    tell(tell_again(deps(), event, mandate), as_json=as_json)
