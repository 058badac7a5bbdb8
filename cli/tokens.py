"""The command that makes bearer tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import click
import jwt

from cli.acting import acting, as_json, deps
from cli.printing import print_json
from shared.domain.errors import ActionRefused
from shared.operations.acting import Mandate, act

SCOPES: Final = {
    "buyer": "",
    "organizer": "",
    "platform": "orders:write",
    "refunder": "refunds:write",
    "observer": "ops:read",
    "operator": "ops:act",
    "admin": "admin",
}
"""By role; an observer sees the console, an operator acts there, too. A buyer or organizer is one
by the order's or event's row, not by a scope."""


@click.group()
def tokens() -> None:
    """Make the bearer tokens that the API believes."""


@tokens.command("make")
@click.argument("role", type=click.Choice(list(SCOPES)))
@click.argument("user")
@click.option("--minutes", default=60, show_default=True, help="How long it is good.")
@as_json
@acting
def make(*, role: str, user: str, minutes: int, mandate: Mandate, as_json: bool) -> None:
    """Make a token by which USER is a ROLE, under the first of JWT_SECRET and JWT_SECRETS."""
    settings = deps().settings
    if not settings.token_secrets:
        raise ActionRefused("Tokens come from the issuer of JWT_JWKS: there is no JWT_SECRET.")
    until = datetime.now(UTC) + timedelta(minutes=minutes)
    named = {"iss": settings.jwt_issuer, "aud": settings.jwt_audience}
    claims = {"sub": user, "scope": SCOPES[role], "exp": int(until.timestamp())}
    claims |= {name: value for name, value in named.items() if value}
    outcome = f"good until {until:%Y-%m-%d %H:%M:%S}"
    act(deps(), mandate, "token.make", f"{role} {user}", lambda _: outcome)
    token = jwt.encode(claims, settings.token_secrets[0], "HS256")
    if as_json:
        print_json({"token": token, "expires_at": until})
    else:
        click.echo(token)
