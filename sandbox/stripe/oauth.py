"""Connect's OAuth: how a platform gets to act for a connected account."""

from sandbox.call import Call
from sandbox.reply import Reply, json_reply
from sandbox.stripe.books import StripeRoom
from sandbox.stripe.schema import one_of, read_params, required, text
from sandbox.tenants import Tenants, new_id

GRANTS = one_of("authorization_code", "refresh_token")
TOKEN = {
    "grant_type": required(GRANTS),
    "code": text,
    "refresh_token": text,
    "scope": text,
    "assert_capabilities": text,
}
DEAUTHORIZE = {"client_id": required(text), "stripe_user_id": required(text)}


class OAuth:
    """The two calls of connect.stripe.com; needs the tenants because it gives out keys."""

    def __init__(self, tenants: Tenants) -> None:
        self._tenants = tenants

    def token(self, call: Call) -> Reply:
        """POST /oauth/token: any code of the form ac_… works once."""
        params = read_params(TOKEN, call.params)
        room = call.tenant.room(StripeRoom)
        code = params.get("code") or params.get("refresh_token") or ""
        if not code.startswith(("ac_", "rt_")) or code in room.codes:
            text = f"Authorization code does not exist: {code}"
            return _oauth_error("invalid_grant", text)
        room.codes.add(code)
        account, key = new_id("acct_1", 15), new_id("sk_test_", 24)
        room.account(account)
        room.borrowed[key] = account
        self._tenants.by_stripe_key[key] = call.tenant
        return json_reply(
            {
                "access_token": key,
                "livemode": False,
                "refresh_token": new_id("rt_"),
                "scope": params.get("scope", "read_write"),
                "stripe_publishable_key": new_id("pk_test_"),
                "stripe_user_id": account,
                "token_type": "bearer",
            }
        )

    def deauthorize(self, call: Call) -> Reply:
        """POST /oauth/deauthorize: the account's keys stop working."""
        params = read_params(DEAUTHORIZE, call.params)
        room, account = call.tenant.room(StripeRoom), params["stripe_user_id"]
        keys = [key for key, owner in room.borrowed.items() if owner == account]
        if not keys:
            text = f"This application is not connected to stripe account {account}."
            return _oauth_error("invalid_client", text)
        for key in keys:
            del room.borrowed[key]
            self._tenants.by_stripe_key.pop(key, None)
        return json_reply({"stripe_user_id": account})


def _oauth_error(error: str, description: str) -> Reply:
    body = {"error": error, "error_description": description}
    return json_reply(body, 400, storable=False)
