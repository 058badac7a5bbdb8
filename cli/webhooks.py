"""The commands about the providers' events."""

from __future__ import annotations

import click

from cli.acting import acting, as_json, before, deps, most, tell
from cli.naming import ROW_ID
from cli.printing import facts, print_facts, print_json, print_table
from shared.db import unit_of_work
from shared.domain.errors import ActionRefused
from shared.operations import replay as operations
from shared.operations.acting import Mandate
from shared.repository.event_lists import list_events, read_body, read_event


@click.group()
def webhooks() -> None:
    """See the providers' events, try them anew without effect, drive them anew."""


@webhooks.command("list")
@click.option("--waiting", is_flag=True, help="Only those that are not handled yet.")
@before
@most
@as_json
def list_(*, waiting: bool, before: int, most: int, as_json: bool) -> None:
    """List stored events, the newest first."""
    with unit_of_work(deps().engine) as connection:
        found = list_events(connection, is_waiting=waiting, before=before, most=most)
    if as_json:
        print_json(found)
        return
    names = ("id", "provider", "received", "result", "charge", "type")
    rows = [(e.id, e.provider, e.received_at, e.outcome, e.charge_id, e.event_type) for e in found]
    print_table(names, rows)


@webhooks.command()
@click.argument("event", type=ROW_ID)
@as_json
def show(*, event: int, as_json: bool) -> None:
    """Show the stored EVENT, by its id here, with what of its body is known to be harmless."""
    with unit_of_work(deps().engine) as connection:
        found = read_event(connection, event)
        body = read_body(connection, event)
    if found is None:
        raise ActionRefused(f"There is no webhook event {event}.")
    if as_json:
        print_json(facts(found) | {"body": body})
    else:
        print_facts(facts(found) | {"body": body})


@webhooks.command("dry-run")
@click.argument("event", type=ROW_ID)
@as_json
def dry_run(*, event: int, as_json: bool) -> None:
    """Say what would be made of EVENT now. Writes nothing; may ask the provider."""
    told = operations.dry_run(deps(), event)
    decision = told.decision
    shown = {
        "event_id": told.event_id,
        "event_type": told.event_type,
        "result": told.result,
        "says": told.says,
        "charge_id": told.charge_id,
        "status": told.status,
        "would_be": decision.status if decision else None,
        "because": decision.reason if decision else None,
    }
    if as_json:
        print_json(shown)
    else:
        print_facts(shown)


@webhooks.command()
@click.argument("event", type=ROW_ID)
@acting
@as_json
def replay(*, event: int, mandate: Mandate, as_json: bool) -> None:
    """Handle EVENT now, again if it was; what is known already is absorbed."""
    tell(operations.redrive(deps(), event, mandate), as_json=as_json)
