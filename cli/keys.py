"""The commands about keys."""

import json
from dataclasses import asdict

import click

from cli.acting import acting, as_json, deps
from cli.rotation import Count, rotate
from shared.operations.acting import Mandate, act


@click.group()
def keys() -> None:
    """Look after the keys that secrets are sealed with (ENCRYPTION_KEYS)."""


@keys.command("rotate")
@as_json
@acting
def rotate_keys(*, mandate: Mandate, as_json: bool) -> None:
    """Seal everything anew under the newest key, while the system runs.

    First put the new key before the old ones in ENCRYPTION_KEYS of every process, and restart them.
    When this ends well, the old keys can go.
    """
    held = deps()
    counts = rotate(held.engine, held.vault)
    outcome = f"{sum(count.resealed for count in counts)} sealed anew"
    act(held, mandate, "keys.rotate", "ENCRYPTION_KEYS", lambda _: outcome)
    click.echo(json.dumps([asdict(count) for count in counts]) if as_json else _table(counts))
    if not all(count.is_whole for count in counts):
        raise click.ClickException("The old keys are still needed: see busy and unreadable.")


def _table(counts: list[Count]) -> str:
    head = f"{'':40} {'resealed':>10} {'current':>10} {'busy':>10} {'unreadable':>10}"
    rows = [
        f"{count.column:40} {count.resealed:10} {count.current:10} {count.busy:10}"
        f" {count.unreadable:10}"
        for count in counts
    ]
    return "\n".join([head, *rows])
