"""The reading of a bare HTTP request: who calls, with what parameters."""

import base64
import binascii
import json
from typing import Any
from urllib.parse import parse_qsl

from sandbox.call import Arrival
from sandbox.paypal.problems import Detail, invalid
from sandbox.reply import Json, Refused, Reply, json_reply

TOKEN_PATH = "/v1/oauth2/token"  # noqa: S105 - an address


def basic_credentials(arrival: Arrival) -> tuple[str, str]:
    """Give (client id, secret) of a token call, or refuse it."""
    kind, _, packed = arrival.headers.get("Authorization", "").partition(" ")
    try:
        client, colon, secret = base64.b64decode(packed, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Refused(bad_client()) from None
    if kind.lower() != "basic" or not (client and colon and secret):
        raise Refused(bad_client())
    return client, secret


def bearer(arrival: Arrival) -> str | None:
    """Give the token of an API call; None where there is none at all."""
    kind, _, token = arrival.headers.get("Authorization", "").partition(" ")
    return token if kind.lower() == "bearer" and token else None


def bad_client() -> Reply:
    """Refuse client credentials in OAuth's words."""
    wrong = {"error": "invalid_client", "error_description": "Client Authentication failed"}
    return json_reply(wrong, 401, storable=False)


def bad_token() -> Reply:
    """Refuse a token nobody gave out, or whose nine hours are over."""
    wrong = {
        "error": "invalid_token",
        "error_description": "The token passed in was not found in the system",
    }
    return json_reply(wrong, 401, storable=False)


def parameters(arrival: Arrival) -> Any:  # noqa: ANN401 - JSON of any kind
    """Parse the query of a GET (its body, `null` from the SDK [V], is ignored), else the body.

    Raises a 400 MALFORMED_REQUEST_JSON.
    """
    if arrival.method in ("GET", "DELETE"):
        return dict(parse_qsl(arrival.query, keep_blank_values=True))
    if arrival.path == TOKEN_PATH:
        return dict(parse_qsl(arrival.body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        return json.loads(arrival.body) if arrival.body else None
    except ValueError:
        raise invalid(Detail("MALFORMED_REQUEST_JSON")) from None


def as_members(parsed: Any) -> Json:  # noqa: ANN401 - JSON of any kind
    """Give parameters as the object fault rules can look into."""
    return parsed if isinstance(parsed, dict) else {}
