"""The commands about charges."""

from __future__ import annotations

import click

from cli.acting import acting, as_json, before, deps, most, tell
from cli.naming import NAME, ROW_ID, Name
from cli.printing import facts, print_facts, print_json, print_table
from shared.db import unit_of_work
from shared.domain.age_limits import oldest_allowed
from shared.domain.charge import Status
from shared.domain.errors import ActionRefused
from shared.domain.resolutions import Resolution
from shared.operations import calling_off, resolving
from shared.operations import charges as operations
from shared.operations.acting import Mandate
from shared.operations.resolving import Ask
from shared.repository.charge_lists import (
    list_charges,
    list_overdue,
    list_reviews,
    summarize,
)
from shared.repository.dossiers import read_dossier


@click.group()
def charges() -> None:
    """See charges, and act on them."""


@charges.command("list")
@click.option(
    "--status",
    type=click.Choice([status.value for status in Status]),
    help="Only those that stand there.",
)
@click.option("--overdue", is_flag=True, help="Those alone that stand too long, the longest first.")
@before
@most
@as_json
def list_(*, status: str | None, overdue: bool, before: int, most: int, as_json: bool) -> None:
    """List charges, the newest first."""
    if overdue and status:
        raise click.UsageError("--overdue is of every status.")
    held = deps()
    with unit_of_work(held.engine) as connection:
        if overdue:
            found = list_overdue(connection, oldest_allowed(held.clock()), most=most)
        else:
            wanted = Status(status) if status else None
            found = list_charges(connection, wanted, before=before, most=most)
    if as_json:
        print_json(found)
        return
    names = ("id", "order", "provider", "status", "failure", "amount", "created", "reference")
    rows = [
        (
            *(c.id, c.order_id, c.provider, c.status, c.failure_code),
            *(c.money, c.created_at, c.provider_reference),
        )
        for c in found
    ]
    print_table(names, rows)


@charges.command()
@click.argument("charge", type=NAME)
@as_json
def show(*, charge: Name, as_json: bool) -> None:
    """Show CHARGE (an id or identifier) with all that happened to it, in the order of time."""
    held = deps()
    with unit_of_work(held.engine) as connection:
        found = read_dossier(connection, *charge, held.clock())
    if found is None:
        raise ActionRefused(f"There is no charge {charge}.")
    if as_json:
        print_json(found)
        return
    if found.waits:
        click.echo(f"{found.waits}\n")
    others = ", ".join(f"{each.id} {each.status}" for each in found.others)
    summary = facts(found.charge) | {"money": found.charge.money}
    print_facts(summary | facts(found.purchase) | {"other charges": others or None})
    click.echo()
    rows = [(each.at, each.kind, each.what) for each in found.timeline]
    print_table(("at", "kind", "what"), rows)


@charges.command()
@click.option("--after", type=ROW_ID, default=0, help="Only those with a higher id: the next page.")
@most
@as_json
def reviews(*, after: int, most: int, as_json: bool) -> None:
    """List what waits for a person, with why and what Chargehand would do."""
    with unit_of_work(deps().engine) as connection:
        found = list_reviews(connection, after=after, most=most)
    if as_json:
        print_json(
            [
                facts(each) | {"suggestion": each.suggestion, "possible": list(each.possible)}
                for each in found
            ]
        )
        return
    rows = [(r.charge.id, r.since, (r.suggestion or {}).get("action"), r.why) for r in found]
    print_table(("id", "since", "suggested", "why"), rows)


@charges.command()
@click.argument("charge", type=NAME)
@acting
@as_json
def retry(*, charge: Name, mandate: Mandate, as_json: bool) -> None:
    """Make the next attempt of CHARGE due now.

    In doubt, a worker looks at the provider, or repeats the frozen request under its frozen key:
    nothing is charged twice by it.
    """
    done = operations.retry(deps(), id_of(charge), mandate)
    tell(done, as_json=as_json)


@charges.command()
@click.argument("charge", type=NAME)
@acting
@as_json
def cancel(*, charge: Name, mandate: Mandate, as_json: bool) -> None:
    """Call CHARGE off: at once where nothing was sent, else once its provider confirms it."""
    done = calling_off.cancel(deps(), id_of(charge), mandate)
    tell(done, as_json=as_json)


@charges.command()
@click.argument("charge", type=NAME)
@click.argument("decision", type=click.Choice([each.value for each in Resolution]))
@click.option("--reference", help="The provider's object, where the charge knows none.")
@acting
@as_json
def resolve(
    *, charge: Name, decision: str, reference: str | None, mandate: Mandate, as_json: bool
) -> None:
    """Decide about CHARGE, which waits for a person; --reason is kept as the note.

    \b
    succeed  let the payment stand that the provider's own object proves
    refund   give back what was captured and does not pay, else the payment itself
    fail     end it: the provider proves that nothing was captured
    cancel   call it off at the provider, which confirms it
    keep     note what was found out, and decide later

    The provider is asked again: what it says decides, not what was known.
    """  # noqa: D301 click takes the escape for the end of wrapping
    ask = Ask(Resolution(decision), reference)
    done = resolving.resolve(deps(), id_of(charge), ask, mandate)
    tell(done, as_json=as_json)


def id_of(charge: Name) -> int:
    """The id of the charge that is named so."""
    with unit_of_work(deps().engine) as connection:
        found = summarize(connection, *charge)
    if found is None:
        raise ActionRefused(f"There is no charge {charge}.")
    return found.id
