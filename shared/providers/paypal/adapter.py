"""PayPal behind the port `PaymentProvider`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

from shared.domain.charge import Instrument, Operation
from shared.domain.outcomes import Outcome
from shared.providers.base import (
    ChargeRequest,
    EventPage,
    FrozenCall,
    MovementPage,
    ProviderEvent,
    Translation,
    Unread,
)
from shared.providers.http import time_limit
from shared.providers.paypal import calls, events, lists, lookup, movements
from shared.providers.paypal.api import PayPalApi
from shared.providers.paypal.config import PayPalConfig
from shared.providers.paypal.execution import Execution
from shared.providers.paypal.per_process import PerProcess
from shared.providers.paypal.refunds import PayPalRefunds
from shared.providers.paypal.signature import SignatureVerifier
from shared.providers.webhook_endpoint import WebhookEndpoint


class PayPalProvider:
    """Charges at PayPal: orders that the payer approved, and v1 payments of older clients.

    Nothing connects before the first use. `account` is always None: PayPal charges for the app's
    own account, or for the configured payee.
    """

    def __init__(
        self, config: PayPalConfig, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._config = config
        self._api = PerProcess(lambda: PayPalApi(config))
        self.refunds = PayPalRefunds(config, self._api.get, clock)
        self._signatures = PerProcess(lambda: SignatureVerifier(config))

    def freeze(self, request: ChargeRequest) -> FrozenCall:
        """Fix a call: create, capture or execute, by the instrument and what came before."""
        return calls.freeze(request, self._config)

    def perform(self, call: FrozenCall, instrument: Instrument, key: str) -> Outcome:
        """Send the call. What PayPal shows as captured already is adopted without a POST."""
        execution = Execution(self._api.get(), call, key, livemode=self._config.livemode)
        with time_limit(self._config.limits.total_deadline):
            if call.operation is Operation.PAYPAL_ORDER_CREATE:
                return execution.create()
            return execution.commit(instrument)

    def find(
        self, call: FrozenCall, instrument: Instrument, key: str, started_at: datetime
    ) -> Outcome:
        """Look at the order or payment itself: neither the key nor the time is needed for that."""
        del key, started_at
        return lookup.find(self._api.get(), call, instrument, livemode=self._config.livemode)

    def fetch(self, reference: str, account: str | None) -> Outcome:
        """Read an order or a v1 payment; one that is gone is Canceled."""
        del account
        return lookup.fetch(self._api.get(), reference, livemode=self._config.livemode)

    def cancel(self, reference: str, account: str | None, key: str) -> Outcome:
        """Look at an order that only we would capture: while nobody did, it is as good as void."""
        del account, key
        return lookup.call_off(self._api.get(), reference, livemode=self._config.livemode)

    def verify(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
        """Check a webhook's signature.

        Raises ForgedWebhook, and SignatureUnverifiable where the certificate cannot be had now.
        """
        self._signatures.get().verify(headers, body)
        return events.read_envelope(body, livemode=self._config.livemode)

    def translate(self, body: bytes, account: str | None) -> Translation:
        """Read an event.

        An Indeterminate fact says that PayPal had to be asked, and could not be: nothing was
        learnt, the event is to be translated again later.
        """
        del account
        return events.translate(body, self._api.get().read, livemode=self._config.livemode)

    def list_events(
        self, account: str | None, since: datetime, page: str | None
    ) -> EventPage | Unread:
        """Read a page of the app's events."""
        del account
        api = self._api.get()
        return lists.list_events(api, since, page, livemode=self._config.livemode)

    def list_movements(
        self, account: str | None, day: date, page: str | None
    ) -> MovementPage | Unread:
        """Read a page of the app's transactions of that day."""
        del account
        return movements.list_movements(self._api.get(), day, page)

    def webhook_endpoints(self, *, of_accounts: bool) -> tuple[WebhookEndpoint, ...] | Unread:
        """Read the app's webhooks; there are none of accounts."""
        return () if of_accounts else lists.list_webhook_endpoints(self._api.get())
