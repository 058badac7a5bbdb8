"""Connect's OAuth: how a platform gets to act for a connected account."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.call import Call
from sandbox.reply import Json, Reply, json_reply
from sandbox.stripe.connections import (
    Connections,
    connect,
    connections_of,
    deed_for,
    disconnect,
)
from sandbox.stripe.schema import read_params, required, text
from sandbox.tenants import Tenants, new_id

TOKEN = {
    "grant_type": required(text),
    "code": text,
    "refresh_token": text,
    "scope": text,
    "assert_capabilities": text,
}
DEAUTHORIZE = {"client_id": required(text), "stripe_user_id": required(text)}


class GrantError(Exception):
    """What was presented grants nothing; the text is Stripe's description."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code or a refresh token is good for; `keys` collects what is given out for it."""

    account: str
    scope: str
    keys: list[str]


class OAuth:
    """The two calls of connect.stripe.com; needs the tenants because it gives out keys."""

    def __init__(self, tenants: Tenants) -> None:
        self._tenants = tenants

    def token(self, call: Call) -> Reply:
        """POST /oauth/token: codes are good once, refresh tokens until the account leaves."""
        params = read_params(TOKEN, call.params)
        redeem = GRANTS.get(params["grant_type"])
        if redeem is None:
            return _oauth_error(
                "unsupported_grant_type", f"Unsupported grant type: {params['grant_type']}"
            )
        try:
            grant = redeem(connections_of(call.tenant), params, call.now)
        except GrantError as refused:
            return _oauth_error("invalid_grant", str(refused))
        connect(deed_for(call, grant.account))
        return json_reply(self._given(call, grant))

    def deauthorize(self, call: Call) -> Reply:
        """POST /oauth/deauthorize: the platform lets go of an account."""
        params = read_params(DEAUTHORIZE, call.params)
        client, account = params["client_id"], params["stripe_user_id"]
        if not client.startswith("ca_"):
            return _oauth_error("invalid_client", f"No such application: '{client}'", 401)
        if not disconnect(deed_for(call, account)):
            complaint = (
                f"This application is not connected to stripe account {account}, or that account "
                "does not exist."
            )
            return _oauth_error("invalid_client", complaint, 401)
        return json_reply({"stripe_user_id": account})

    def _given(self, call: Call, grant: Grant) -> Json:
        connections = connections_of(call.tenant)
        key, refresh_token = new_id("sk_test_", 24), new_id("rt_")
        publishable = new_id("pk_test_")
        grant.keys.append(key)
        connections.keys[key] = connections.refresh_tokens[refresh_token] = grant.account
        self._tenants.know(key, call.tenant, publishable)
        return {
            "access_token": key,
            "livemode": False,
            "refresh_token": refresh_token,
            "scope": grant.scope,
            "stripe_publishable_key": publishable,
            "stripe_user_id": grant.account,
            "token_type": "bearer",
        }


def _by_code(connections: Connections, params: Json, now: float) -> Grant:
    name = params.get("code", "")
    code = connections.codes.get(name)
    if code is None:
        raise GrantError(f"Authorization code does not exist: {name}")
    if code.is_spent:
        connections.revoke(code.keys)  # as RFC 6749 §4.1.2 wants, for somebody may have stolen it
        raise GrantError(
            "This authorization code has already been used. All tokens issued with this code have "
            "been revoked."
        )
    if now > code.expires_at:
        raise GrantError(f"Authorization code expired: {name}")
    return Grant(code.account, code.scope, code.keys)


def _by_refresh_token(connections: Connections, params: Json, _: float) -> Grant:
    token = params.get("refresh_token", "")
    account = connections.refresh_tokens.get(token)
    if account is None:
        raise GrantError(f"Refresh token does not exist: {token}")
    return Grant(account, params.get("scope", "read_write"), [])


GRANTS: dict[str, Callable[[Connections, Json, float], Grant]] = {
    "authorization_code": _by_code,
    "refresh_token": _by_refresh_token,
}


def _oauth_error(error: str, description: str, status: int = 400) -> Reply:
    body = {"error": error, "error_description": description}
    return json_reply(body, status, storable=False)
