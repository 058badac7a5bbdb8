"""The OAuth 2.0 endpoint."""

from sandbox.call import Call
from sandbox.paypal.books import moment
from sandbox.paypal.identifiers import transaction_id
from sandbox.paypal.instants import zulu
from sandbox.paypal.tokens import SCOPE, TOKEN_LIFE, TokenDesk
from sandbox.reply import Reply, json_reply


def give_token(call: Call, desk: TokenDesk) -> Reply:
    """POST /v1/oauth2/token: client credentials only."""
    if call.params.get("grant_type") != "client_credentials":
        wrong = {"error": "unsupported_grant_type", "error_description": "Grant Type is not known"}
        return json_reply(wrong, 400, storable=False)
    token = {
        "scope": SCOPE,
        "access_token": desk.give(call.tenant),
        "token_type": "Bearer",
        "app_id": "APP-80W284485P519543T",
        "expires_in": TOKEN_LIFE,
        "nonce": f"{zulu(moment(call))}{transaction_id()}",
    }
    return json_reply(token, storable=False)
