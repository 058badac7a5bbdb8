"""Stripe Connect: organizers' accounts come by OAuth and leave (docs.stripe.com/connect/oauth)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from stripe import StripeError
from stripe.oauth_error import (
    InvalidClientError,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    OAuthError,
)

from shared.domain import outcomes as o
from shared.providers.base import Disconnected, JsonObject, ProviderEvent
from shared.providers.connect import CodeRefused, Grant
from shared.providers.http import time_limit
from shared.providers.stripe import webhooks
from shared.providers.stripe.client import StripeCalls, calls_of
from shared.providers.stripe.config import StripeConfig
from shared.providers.stripe.documents import at, text
from shared.providers.stripe.failures import unanswered

LONGEST_DESCRIPTION: Final = 200

_ACCOUNT: Final = re.compile(r"acct_[A-Za-z0-9]{1,64}")
_UNREADABLE: Final = o.Indeterminate("Stripe's answer cannot be read")
_ABOUT_THE_CODE: Final = (InvalidGrantError, InvalidScopeError, InvalidRequestError)


class StripeConnect:
    """Implements AccountConnector through Connect's OAuth."""

    def __init__(
        self, config: StripeConfig, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._config = config
        self._clock = clock

    def exchange(self, code: str) -> Grant | CodeRefused | o.Unanswered:
        """Spend the code at `POST /oauth/token`."""
        with time_limit(self._config.limits.total_deadline):
            try:
                token = self._calls.exchange(code)
            except _ABOUT_THE_CODE as refused:
                return CodeRefused(_description(refused))
            except OAuthError as refused:
                return o.Misconfigured(f"Stripe refuses the platform: {refused.code}")
            except StripeError as error:
                return unanswered(error)
        return _grant(token, livemode=self._config.livemode)

    def deauthorize(self, account: str) -> Disconnected | o.Unanswered:
        """Let go of the account at `POST /oauth/deauthorize`."""
        with time_limit(self._config.limits.total_deadline):
            try:
                answer = self._calls.deauthorize(self._config.client_id, account)
            except InvalidClientError:
                return self._perhaps_gone(account)
            except StripeError as error:
                return unanswered(error)
        return Disconnected(account) if text(answer, "stripe_user_id") == account else _UNREADABLE

    def shut_out(self, account: str) -> Disconnected | o.Unanswered | None:
        """Read the account in its own name."""
        with time_limit(self._config.limits.total_deadline):
            return self._calls.shut_out(account)

    def verify(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
        """Check `Stripe-Signature` by the Connect endpoint's own secrets."""
        return webhooks.verify_connected(self._config, headers, body, self._clock())

    def _perhaps_gone(self, account: str) -> Disconnected | o.Unanswered:
        """Tell an account that is gone from a client id that is not ours; both sound alike."""
        told = self._calls.shut_out(account)
        return told or o.Misconfigured("STRIPE_CLIENT_ID is not what the account let in")

    @property
    def _calls(self) -> StripeCalls:
        return calls_of(self._config, os.getpid())


def _grant(token: JsonObject, *, livemode: bool) -> Grant | CodeRefused | o.Unanswered:
    account, publishable_key = text(token, "stripe_user_id"), text(token, "stripe_publishable_key")
    access_token, is_live = text(token, "access_token"), at(token, "livemode")
    if not (account and publishable_key and access_token and _ACCOUNT.fullmatch(account)):
        return _UNREADABLE
    if is_live is not livemode:
        return CodeRefused("The account was connected in another mode (test or live) than ours.")
    refresh_token, scope = text(token, "refresh_token"), text(token, "scope") or ""
    return Grant(account, publishable_key, access_token, refresh_token, livemode, scope)


def _description(refused: OAuthError) -> str:
    told = text(refused.json_body, "error_description") or str(refused.code)
    return told[:LONGEST_DESCRIPTION]
