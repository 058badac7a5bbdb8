"""The calls to Stripe, as plain JSON in either direction."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Final, cast

import stripe
from stripe import (
    APIError,
    OAuth,
    RequestOptions,
    RequestsClient,
    StripeClient,
    StripeError,
    StripeObject,
)
from stripe.params import (
    BalanceTransactionListParams,
    EventListParams,
    PaymentIntentCancelParams,
    PaymentIntentCreateParams,
    PaymentIntentListParams,
    PaymentIntentRetrieveParams,
    PaymentMethodCreateParams,
    RefundCreateParams,
    RefundListParams,
    WebhookEndpointListParams,
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
from shared.providers.http import BoundedSession
from shared.providers.stripe.access import KeyOf, credentials
from shared.providers.stripe.config import API_VERSION, StripeConfig
from shared.providers.stripe.documents import text
from shared.providers.stripe.failures import is_transient, is_unsent, unanswered

_SHORT: Final = stop_after_attempt(3) | stop_after_delay(1)
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

    `options` are the SDK's: `idempotency_key`, `stripe_account`, `stripe_version`.
    """

    def __init__(self, client: StripeClient, key_of: KeyOf) -> None:
        self._v1 = client.v1
        self._oauth = client.oauth
        self._key_of = key_of

    def create_payment_method(self, params: JsonObject, options: RequestOptions) -> JsonObject:
        """Turn a token into a PaymentMethod: moves no money."""
        create, typed = self._v1.payment_methods.create, cast(PaymentMethodCreateParams, params)
        return _document(lambda: if_unsent(create, typed, self._acting(options)))

    def create_payment_intent(self, params: JsonObject, options: RequestOptions) -> JsonObject:
        """Create, confirm: moves the money."""
        create, typed = self._v1.payment_intents.create, cast(PaymentIntentCreateParams, params)
        return _document(lambda: if_unsent(create, typed, self._acting(options)))

    def read_payment_intent(self, reference: str, options: RequestOptions) -> JsonObject:
        """Read one PaymentIntent with its latest charge."""
        retrieve = self._v1.payment_intents.retrieve
        expand: PaymentIntentRetrieveParams = {"expand": ["latest_charge"]}
        acting = self._acting(options)
        intent = _document(lambda: if_transient(retrieve, reference, expand, acting))
        return _same(reference, intent)

    def list_payment_intents(self, params: JsonObject, options: RequestOptions) -> JsonObject:
        """Read one page, newest first."""
        page, typed = self._v1.payment_intents.list, cast(PaymentIntentListParams, params)
        return _document(lambda: if_transient(page, typed, self._acting(options)))

    def list_events(self, params: JsonObject, options: RequestOptions) -> JsonObject:
        """Read one page, newest first."""
        page, typed = self._v1.events.list, cast(EventListParams, params)
        return _document(lambda: if_transient(page, typed, self._acting(options)))

    def list_balance_transactions(self, params: JsonObject, options: RequestOptions) -> JsonObject:
        """Read one page, newest first."""
        page, typed = self._v1.balance_transactions.list, cast(BalanceTransactionListParams, params)
        return _document(lambda: if_transient(page, typed, self._acting(options)))

    def list_webhook_endpoints(self) -> JsonObject:
        """Read all of them: Stripe allows an account sixteen."""
        page, typed = self._v1.webhook_endpoints.list, WebhookEndpointListParams(limit=100)
        return _document(lambda: if_transient(page, typed))

    def cancel_payment_intent(self, reference: str, options: RequestOptions) -> JsonObject:
        """Cancel what has not moved any money."""
        cancel = self._v1.payment_intents.cancel
        expand: PaymentIntentCancelParams = {"expand": ["latest_charge"]}
        acting = self._acting(options)
        return _same(reference, _document(lambda: if_unsent(cancel, reference, expand, acting)))

    def create_refund(self, params: JsonObject, options: RequestOptions) -> JsonObject:
        """Give money back."""
        create, typed = self._v1.refunds.create, cast(RefundCreateParams, params)
        return _document(lambda: if_unsent(create, typed, self._acting(options)))

    def read_refund(self, reference: str, options: RequestOptions) -> JsonObject:
        """Read one refund."""
        retrieve = self._v1.refunds.retrieve
        acting = self._acting(options)
        return _same(reference, _document(lambda: if_transient(retrieve, reference, {}, acting)))

    def list_refunds(self, params: JsonObject, options: RequestOptions) -> JsonObject:
        """Read one page, newest first."""
        page, typed = self._v1.refunds.list, cast(RefundListParams, params)
        return _document(lambda: if_transient(page, typed, self._acting(options)))

    def latest_refund(self, charge: str, options: RequestOptions) -> JsonObject:
        """Read a page of at most one refund of the charge."""
        newest: RefundListParams = {"charge": charge, "limit": 1}
        acting = self._acting(options)
        return _document(lambda: if_transient(self._v1.refunds.list, newest, acting))

    def exchange(self, code: str) -> JsonObject:
        """Spend an organizer's code."""
        params: OAuth.OAuthTokenParams = {"grant_type": "authorization_code", "code": code}
        return _document(lambda: if_unsent(self._oauth.token, params))

    def deauthorize(self, client_id: str, account: str) -> JsonObject:
        """Let go of an account."""
        params: OAuth.OAuthDeauthorizeParams = {"client_id": client_id, "stripe_user_id": account}
        return _document(lambda: if_unsent(self._oauth.deauthorize, params))

    def shut_out(self, account: str) -> Disconnected | o.Unanswered | None:
        """Ask whether the account has shut us out; None where it lets us in."""
        retrieve, options = self._v1.accounts.retrieve_current, options_for(account)
        try:
            _document(lambda: if_transient(retrieve, {}, options))
        except StripeError as error:
            is_shut = text(error.json_body, "error", "code") == "account_invalid"
            return Disconnected(account) if is_shut else unanswered(error)
        return None

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
        http_client=RequestsClient(session=BoundedSession(config.limits)),
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
    if not isinstance(answer, StripeObject):
        raise APIError("an answer that is no object")
    return answer.to_dict()
