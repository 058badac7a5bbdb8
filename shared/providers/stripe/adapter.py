"""The payment provider Stripe."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

from stripe import InvalidRequestError, RequestOptions, StripeError

from shared.domain import outcomes as o
from shared.domain.charge import Instrument
from shared.providers.base import (
    ChargeRequest,
    EventPage,
    FrozenCall,
    JsonObject,
    MovementPage,
    ProviderEvent,
    Translation,
    Unread,
)
from shared.providers.http import time_limit
from shared.providers.stripe import events, frozen, lists, movements, webhooks
from shared.providers.stripe.answers import UNREADABLE, read_intent
from shared.providers.stripe.client import StripeCalls, calls_of, options_for
from shared.providers.stripe.config import StripeConfig
from shared.providers.stripe.documents import text
from shared.providers.stripe.failures import after_payment, after_preparation, after_read
from shared.providers.stripe.refunds import SETTLING, StripeRefunds
from shared.providers.stripe.search import IncompleteSearch, search
from shared.providers.webhook_endpoint import WebhookEndpoint


class StripeProvider:
    """Implements PaymentProvider in PaymentIntents, for the platform and its connected accounts."""

    def __init__(
        self, config: StripeConfig, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._config = config
        self._clock = clock
        self.refunds = StripeRefunds(config, lambda: self._calls, clock)

    def freeze(self, request: ChargeRequest) -> FrozenCall:
        """Fix the parameters; UnrepresentableAmount where Stripe cannot carry the amount."""
        return frozen.freeze(request)

    def perform(self, call: FrozenCall, instrument: Instrument, key: str) -> o.Outcome:
        """Make a PaymentMethod of a token, then create and confirm the PaymentIntent."""
        with time_limit(self._config.limits.total_deadline):
            try:
                payment_method = self._payment_method(call, frozen.token_of(instrument), key)
            except StripeError as error:
                return after_preparation(error)
            if payment_method is None:
                return o.NotSent("the PaymentMethod cannot be read, or is another buyer's")
            return self._pay(call, payment_method, key)

    def find(
        self, call: FrozenCall, instrument: Instrument, key: str, started_at: datetime
    ) -> o.Outcome:
        """Search the lists of PaymentIntents around the attempt for our charge."""
        del instrument, key
        account = call.body["account"]
        with time_limit(self._config.limits.total_deadline):
            try:
                reference = search(self._lister(account), _charge_of(call), started_at)
                if reference is not None:
                    return self._read(reference, account)
            except StripeError as error:
                return after_read(error)
            except IncompleteSearch as gap:
                return o.Indeterminate(f"the search is incomplete: {gap}")
        if self._clock() - started_at < SETTLING:
            return o.Indeterminate("too early to prove it absent", retry_after=SETTLING)
        return o.Absent("no PaymentIntent of the key's whole life names the charge")

    def fetch(self, reference: str, account: str | None) -> o.Outcome:
        """Read one PaymentIntent as it is now."""
        with time_limit(self._config.limits.total_deadline):
            try:
                return self._read(reference, account)
            except StripeError as error:
                return after_read(error)

    def cancel(self, reference: str, account: str | None, key: str) -> o.Outcome:
        """Cancel a PaymentIntent; where Stripe refuses that, say how it stands instead."""
        options: RequestOptions = {"stripe_account": account, "idempotency_key": key}
        with time_limit(self._config.limits.total_deadline):
            try:
                return read_intent(self._calls.cancel_payment_intent(reference, options), account)
            except InvalidRequestError:
                return self.fetch(reference, account)
            except StripeError as error:
                return after_preparation(error)

    def verify(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
        """Check `Stripe-Signature` over the raw bytes; ForgedWebhook for anything amiss."""
        return webhooks.verify(self._config, headers, body, self._clock())

    def translate(self, body: bytes, account: str | None) -> Translation:
        """Read an event; asks for the PaymentIntent or refund that it shows too little of."""
        with time_limit(self._config.limits.total_deadline):
            return events.translate(body, account, self._calls)

    def list_events(
        self, account: str | None, since: datetime, page: str | None
    ) -> EventPage | Unread:
        """Read a page of the account's events, of the types that are read here."""
        with time_limit(self._config.limits.total_deadline):
            return lists.list_events(self._calls, account, since, page)

    def list_movements(
        self, account: str | None, day: date, page: str | None
    ) -> MovementPage | Unread:
        """Read a page of the account's balance transactions of that day."""
        with time_limit(self._config.limits.total_deadline):
            return movements.list_movements(self._calls, account, day, page)

    def webhook_endpoints(self, *, of_accounts: bool) -> tuple[WebhookEndpoint, ...] | Unread:
        """Read the account's endpoints; who may not is told to let the key read them."""
        with time_limit(self._config.limits.total_deadline):
            return lists.list_webhook_endpoints(self._calls, of_accounts=of_accounts)

    @property
    def _calls(self) -> StripeCalls:
        return calls_of(self._config, os.getpid())

    def _payment_method(self, call: FrozenCall, token: str, key: str) -> str | None:
        params = call.body["payment_method"]
        if params is None:
            return token
        method = self._calls.create_payment_method(
            frozen.filled(params, token), _options(call, f"{key}:pm")
        )
        return text(method, "id") if _names_charge(method, call) else None

    def _pay(self, call: FrozenCall, payment_method: str, key: str) -> o.Outcome:
        params = frozen.filled(call.body["payment_intent"], payment_method)
        try:
            intent = self._calls.create_payment_intent(params, _options(call, f"{key}:pi"))
        except StripeError as error:
            return after_payment(error)
        if not _names_charge(intent, call):
            return UNREADABLE
        return read_intent(intent, call.body["account"])

    def _read(self, reference: str, account: str | None) -> o.Outcome:
        return read_intent(
            self._calls.read_payment_intent(reference, options_for(account)), account
        )

    def _lister(self, account: str | None) -> Callable[[JsonObject], JsonObject]:
        options = options_for(account)
        return lambda params: self._calls.list_payment_intents(params, options)


def _charge_of(call: FrozenCall) -> str:
    return str(call.body["payment_intent"]["metadata"]["charge"])


def _names_charge(answer: JsonObject, call: FrozenCall) -> bool:
    return text(answer, "metadata", "charge") == _charge_of(call)


def _options(call: FrozenCall, key: str) -> RequestOptions:
    return {
        "idempotency_key": key,
        "stripe_account": call.body["account"],
        "stripe_version": call.body["api_version"],
    }
