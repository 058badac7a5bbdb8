"""Mints tokens for development, under the secret of the server that runs here."""

import time
from pathlib import Path

import click
import jwt

from local.development_keys import kept_keys
from local.environment import given
from local.folders import DATA


@click.command()
@click.argument("user")
@click.option("--scope", default="", help="What it may do, as words: 'orders:write refunds:write'.")
@click.option("--minutes", default=60, show_default=True, help="How long it is good.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=DATA / "server",
    help="The server's data folder.  [default: .data/server]",
)
def main(user: str, scope: str, minutes: int, data: Path) -> None:
    """Print a token of USER's that the server over that data folder believes."""
    claims = {"sub": user, "scope": scope, "exp": int(time.time()) + minutes * 60}
    click.echo(jwt.encode(claims, _secret(data), "HS256"))


def _secret(data: Path) -> str:
    # As the server has it: what the person set goes before what was made.
    if secret := given().get("JWT_SECRET"):
        return secret
    if not (data / "keys.json").exists():
        raise click.ClickException(f"No server has run over {data}. Start script/server first.")
    return kept_keys(data).JWT_SECRET


if __name__ == "__main__":
    main()
