"""The meter on a provider's port: each operation is timed and traced, each answer counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from time import perf_counter
from typing import TypeVar

from opentelemetry.trace import SpanKind

from shared import metrics, tracing
from shared.domain.charge import Instrument, Provider
from shared.domain.outcomes import Outcome
from shared.domain.refund import Captured
from shared.domain.refund_decisions import RefundOutcome
from shared.providers.base import (
    ChargeRequest,
    EventPage,
    FrozenCall,
    MovementPage,
    PaymentProvider,
    ProviderEvent,
    RefundRequest,
    Refunds,
    Translation,
    Unread,
)
from shared.providers.webhook_endpoint import WebhookEndpoint

Answer = TypeVar("Answer")


def _metered(name: Provider, operation: str, call: Callable[[], Answer]) -> Answer:
    started = perf_counter()
    with tracing.span(f"{name} {operation}", SpanKind.CLIENT, provider=name):
        answer = call()
        told = metrics.answer_of(answer)
        tracing.note(answer=told)
    metrics.PROVIDER_CALL_SECONDS.labels(name, operation).observe(perf_counter() - started)
    metrics.PROVIDER_ANSWERS.labels(name, operation, told).inc()
    return answer


@dataclass(frozen=True, slots=True)
class MeteredRefunds:
    """`Refunds`, metered."""

    name: Provider
    port: Refunds

    def freeze(self, request: RefundRequest) -> FrozenCall:
        """As the port; nothing is called."""
        return self.port.freeze(request)

    def perform(self, call: FrozenCall, key: str) -> RefundOutcome:
        """As the port."""
        return _metered(self.name, "refund", lambda: self.port.perform(call, key))

    def find(self, call: FrozenCall, started_at: datetime) -> RefundOutcome:
        """As the port."""
        return _metered(self.name, "find_refund", lambda: self.port.find(call, started_at))

    def fetch(self, reference: str, captured: Captured) -> RefundOutcome:
        """As the port."""
        return _metered(self.name, "fetch_refund", lambda: self.port.fetch(reference, captured))


@dataclass(frozen=True, slots=True)
class MeteredProvider:
    """`PaymentProvider`, metered."""

    name: Provider
    port: PaymentProvider

    @property
    def refunds(self) -> Refunds:
        """As the port, metered too."""
        return MeteredRefunds(self.name, self.port.refunds)

    def freeze(self, request: ChargeRequest) -> FrozenCall:
        """As the port; nothing is called."""
        return self.port.freeze(request)

    def perform(self, call: FrozenCall, instrument: Instrument, key: str) -> Outcome:
        """As the port."""
        return _metered(self.name, "charge", lambda: self.port.perform(call, instrument, key))

    def find(
        self, call: FrozenCall, instrument: Instrument, key: str, started_at: datetime
    ) -> Outcome:
        """As the port."""
        return _metered(
            self.name, "find", lambda: self.port.find(call, instrument, key, started_at)
        )

    def fetch(self, reference: str, account: str | None) -> Outcome:
        """As the port."""
        return _metered(self.name, "fetch", lambda: self.port.fetch(reference, account))

    def cancel(self, reference: str, account: str | None, key: str) -> Outcome:
        """As the port."""
        return _metered(self.name, "cancel", lambda: self.port.cancel(reference, account, key))

    def verify(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
        """As the port; who cannot be verified is counted where webhooks come in."""
        return self.port.verify(headers, body)

    def translate(self, body: bytes, account: str | None) -> Translation:
        """As the port; it mostly calls nobody."""
        return self.port.translate(body, account)

    def list_events(
        self, account: str | None, since: datetime, page: str | None
    ) -> EventPage | Unread:
        """As the port."""
        return _metered(
            self.name, "list_events", lambda: self.port.list_events(account, since, page)
        )

    def list_movements(
        self, account: str | None, day: date, page: str | None
    ) -> MovementPage | Unread:
        """As the port."""
        return _metered(
            self.name, "list_movements", lambda: self.port.list_movements(account, day, page)
        )

    def webhook_endpoints(self, *, of_accounts: bool) -> tuple[WebhookEndpoint, ...] | Unread:
        """As the port."""
        return _metered(
            self.name,
            "webhook_endpoints",
            lambda: self.port.webhook_endpoints(of_accounts=of_accounts),
        )
