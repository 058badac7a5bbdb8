"""The calls to Stripe, as plain JSON in either direction."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Final
from urllib.parse import quote

import stripe
from stripe import (
    APIError,
    OAuth,
    RequestOptions,
    StripeClient,
    StripeError,
)
from tenacity import (
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)

from shared.domain import outcomes as o
from shared.providers.base import Disconnected, JsonObject
from shared.providers.stripe.access import KeyOf, credentials
from shared.providers.stripe.config import API_VERSION, StripeConfig
from shared.providers.stripe.documents import text
from shared.providers.stripe.failures import is_transient, is_unsent, unanswered
from shared.providers.stripe.transport import Transport

_SHORT: Final = stop_after_attempt(3) | stop_after_delay(1)
_WITH_CHARGE: Final[JsonObject] = {"expand": ["latest_charge"]}
_PAUSE: Final = wait_random_exponential(multiplier=0.05, max=0.4)

if_unsent: Final = Retrying(
    retry=retry_if_exception(is_unsent), stop=_SHORT, wait=_PAUSE, reraise=True
)
"""For a POST: a second try only of what provably never left."""

if_transient: Final = Retrying(
    retry=retry_if_exception(is_transient), stop=_SHORT, wait=_PAUSE, reraise=True
)
"""For reads: they may be repeated."""


class StripeCalls:
    """The few calls this adapter makes; each raises StripeError, and nothing else.

    `options` are the SDK's: `idempotency_key`, `stripe_account`, `stripe_version`. Answers are
    taken as they came: of the SDK's objects, which take time to make, nothing was used.
    """

    def __init__(self, client: StripeClient, key_of: KeyOf) -> None:
        self._client = client
        self._key_of = key_of

    def create_payment_method(self, params: JsonObject, options: RequestOptions) -> JsonObject:
        """Turn a token into a PaymentMethod: moves no money."""
        return self._post("/v1/payment_methods", params, options)

    def create_payment_intent(self, params: JsonObject, options: RequestOptions) -> JsonObject:
        """Create, confirm: moves the money."""
        return self._post("/v1/payment_intents", params, options)

    def read_payment_intent(self, reference: str, options: RequestOptions) -> JsonObject:
        """Read one PaymentIntent with its latest charge."""
        path = f"/v1/payment_intents/{quote(reference, safe='')}"
        return _same(reference, self._get(path, _WITH_CHARGE, options))

    def list_payment_intents(self, params: JsonObject, options: RequestOptions) -> JsonObject:
        """Read one page, newest first."""
        return self._get("/v1/payment_intents", params, options)

    def list_events(self, params: JsonObject, options: RequestOptions) -> JsonObject:
        """Read one page, newest first."""
        return self._get("/v1/events", params, options)

    def list_balance_transactions(self, params: JsonObject, options: RequestOptions) -> JsonObject:
        """Read one page, newest first."""
        return self._get("/v1/balance_transactions", params, options)

    def list_webhook_endpoints(self) -> JsonObject:
        """Read all of them: Stripe allows an account sixteen."""
        return self._get("/v1/webhook_endpoints", {"limit": 100}, {})

    def cancel_payment_intent(self, reference: str, options: RequestOptions) -> JsonObject:
        """Cancel what has not moved any money."""
        path = f"/v1/payment_intents/{quote(reference, safe='')}/cancel"
        return _same(reference, self._post(path, _WITH_CHARGE, options))

    def create_refund(self, params: JsonObject, options: RequestOptions) -> JsonObject:
        """Give money back."""
        return self._post("/v1/refunds", params, options)

    def read_refund(self, reference: str, options: RequestOptions) -> JsonObject:
        """Read one refund."""
        return _same(reference, self._get(f"/v1/refunds/{quote(reference, safe='')}", {}, options))

    def list_refunds(self, params: JsonObject, options: RequestOptions) -> JsonObject:
        """Read one page, newest first."""
        return self._get("/v1/refunds", params, options)

    def latest_refund(self, charge: str, options: RequestOptions) -> JsonObject:
        """Read a page of at most one refund of the charge."""
        return self._get("/v1/refunds", {"charge": charge, "limit": 1}, options)

    def exchange(self, code: str) -> JsonObject:
        """Spend an organizer's code."""
        params: OAuth.OAuthTokenParams = {"grant_type": "authorization_code", "code": code}
        return _document(lambda: if_unsent(self._client.oauth.token, params).to_dict())

    def deauthorize(self, client_id: str, account: str) -> JsonObject:
        """Let go of an account."""
        params: OAuth.OAuthDeauthorizeParams = {"client_id": client_id, "stripe_user_id": account}
        return _document(lambda: if_unsent(self._client.oauth.deauthorize, params).to_dict())

    def shut_out(self, account: str) -> Disconnected | o.Unanswered | None:
        """Ask whether the account has shut us out; None where it lets us in."""
        try:
            self._send(if_transient, "get", "/v1/account", {}, options_for(account))
        except StripeError as error:
            is_shut = text(error.json_body, "error", "code") == "account_invalid"
            return Disconnected(account) if is_shut else unanswered(error)
        return None

    def _post(self, path: str, params: JsonObject, options: RequestOptions) -> JsonObject:
        return self._send(if_unsent, "post", path, params, self._acting(options))

    def _get(self, path: str, params: JsonObject, options: RequestOptions) -> JsonObject:
        return self._send(if_transient, "get", path, params, self._acting(options))

    def _send(
        self,
        trying: Retrying,
        method: str,
        path: str,
        params: JsonObject,
        options: RequestOptions,
    ) -> JsonObject:
        raw = self._client.raw_request
        return _document(lambda: trying(raw, method, path, **params, **options).data)

    def _acting(self, options: RequestOptions) -> RequestOptions:
        return credentials(options, self._key_of)


@lru_cache(maxsize=8)
def calls_of(config: StripeConfig, process_id: int) -> StripeCalls:
    """The calls of one process: a client taken through a fork would share its connections."""
    del process_id
    # The SDK would write an id into the home directory, and log bodies with tokens at DEBUG.
    stripe.enable_telemetry = False
    logging.getLogger("stripe").setLevel(logging.WARNING)
    client = StripeClient(
        config.api_key,
        stripe_version=API_VERSION,
        base_addresses={"api": config.api_base, "connect": config.connect_base},
        http_client=Transport(config.limits),
        # Retries belong to the charge's row, which survives this process.
        max_network_retries=0,
    )
    return StripeCalls(client, config.key_of)


def options_for(account: str | None) -> RequestOptions:
    """The options of a read on that account."""
    return {"stripe_account": account}


def _same(reference: str, document: JsonObject) -> JsonObject:
    if document.get("id") != reference:
        raise APIError("an answer about another object")
    return document


def _document(call: Callable[[], object]) -> JsonObject:
    try:
        answer = call()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # The SDK trips over some JSON, such as an `error` that is a text.
        raise APIError("an answer of no known shape") from error
    if not isinstance(answer, dict):
        raise APIError("an answer that is no object")
    return answer
