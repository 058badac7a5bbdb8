"""Who lets us in: which credentials act for an account, and whether it still takes them."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from stripe import AuthenticationError, RequestOptions

KeyOf = Callable[[str], str | None]
"""The API key of an account that is known by its key alone (`key_…`)."""

_CONNECTED: Final = "acct_"


def no_key(account: str) -> None:
    """Without authorizations of that kind there are no keys."""
    del account


def credentials(options: RequestOptions, key_of: KeyOf) -> RequestOptions:
    """The options with which to call for `stripe_account`, which may be none of Stripe's names.

    An organizer's own key is put in here, at the last moment: what is frozen or stored names only
    whose it is. Raises AuthenticationError where that key is gone.
    """
    account = options.get("stripe_account")
    if account is None or account.startswith(_CONNECTED):
        return options
    key = key_of(account)
    if key is None:
        raise AuthenticationError(f"no key of {account}", http_status=int(HTTPStatus.UNAUTHORIZED))
    return {**options, "stripe_account": None, "api_key": key}
