"""The command that finds what a name leads to."""

from __future__ import annotations

import click

from cli.acting import as_json, deps
from cli.printing import print_json, print_table
from shared.db import unit_of_work
from shared.repository import search as searching


@click.command()
@click.argument("text")
@as_json
def search(*, text: str, as_json: bool) -> None:
    """Find what TEXT names exactly.

    It may be an order's or a charge's id or identifier, a refund's identifier, a provider's
    reference of a charge, a capture, a refund or a dispute, or the id of an event.
    """
    with unit_of_work(deps().engine) as connection:
        hits = searching.search(connection, text)
    if as_json:
        print_json(hits)
    else:
        rows = [(hit.matched, hit.order_id, hit.charge_id, hit.event_id) for hit in hits]
        print_table(("matched", "order", "charge", "webhook event"), rows)
