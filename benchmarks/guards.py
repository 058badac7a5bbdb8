"""The guards of a charge, each by itself: what it adds to one charge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from opentelemetry.trace import Tracer
from sqlalchemy import Connection, text

from api_shim.fixed_windows import Counter, Rate, Window
from api_shim.tokens import make_verifier
from benchmarks.charge.backlog import CARD
from shared import metrics
from shared.batch import together
from shared.container import Container
from shared.domain.charge import Charge, OrderStatus, Provider, Status, StripeToken
from shared.domain.decisions import Decision
from shared.domain.money import Money
from shared.domain.state_machine import Event
from shared.providers.base import ChargeRequest
from shared.repository import attempts, ledger, pacing
from shared.settings import Settings
from shared.vault import fingerprint
from worker.pacing import has_to_wait

PRICE: Final = Money(1999, "USD")
_RATE: Final = Rate.of("100000000/hour")
_TRACED: Final = text("SELECT set_config('chargehand.traceparent', :traceparent, true)")
_SPANS: Final = ("POST /v1/orders/<order>/charge", "charge.execute", "stripe perform")


def freeze(deps: Container, connection: Connection, charge: int) -> None:
    """Keep what is asked in a row, from before the call to its answer."""
    request = ChargeRequest(uuid4(), uuid4(), PRICE, StripeToken(CARD))
    call, now = deps.provider(Provider.STRIPE).freeze(request), deps.clock()
    with together(connection) as writer:
        attempts.start_attempt(writer, _charge(charge, Status.SUBMITTING), call, number=1, now=now)
    with together(connection) as writer:
        attempts.finish_attempt(writer, charge, "Approved", now, {"outcome": "Approved"})


def record(deps: Container, connection: Connection, charge: int) -> None:
    """Put both moves of a charge on record."""
    for was, event, became in (
        (Status.ACCEPTED, Event.CLAIMED, Status.SUBMITTING),
        (Status.SUBMITTING, Event.APPROVED, Status.SUCCEEDED),
    ):
        decision = Decision(event, became, "captured 19.99 USD")
        evidence = {"attempt": f"chg-{charge}-1", "answer": {"outcome": "Approved"}}
        with together(connection) as writer:
            ledger.record_transition(
                writer,
                _charge(charge, was),
                decision,
                at=deps.clock(),
                actor="worker",
                evidence=evidence,
            )


def trace(tracer: Tracer, _: Container, connection: Connection, charge: int) -> None:
    """Trace its request, its task, its call, and keep the context in its transactions."""
    for name in _SPANS:
        with tracer.start_as_current_span(name) as span:
            span.set_attributes({"chargehand.charge_id": charge, "chargehand.provider": "stripe"})
            connection.execute(_TRACED, {"traceparent": f"00-{charge:032x}-{charge:016x}-01"})


def seal(deps: Container) -> None:
    """Encrypt what the buyer pays with, find it again, decrypt it."""
    token = f"tok_{uuid4()}"
    fingerprint(token)
    deps.vault.open_instrument(deps.vault.seal_instrument(StripeToken(token)))


def check_token(settings: Settings, token: str) -> None:
    """Check the signature of a token that is not known yet; known ones cost a hash."""
    make_verifier(settings).verify(token)


def limit(counter: Counter) -> None:
    """Count a request of an address and of a user, in Redis; its own work is not counted here."""
    full = counter.count([Window("address:127.0.0.1", _RATE), Window("user:buyer", _RATE)])
    assert full is None


def pace(deps: Container, charge: int) -> None:
    """Take a charge's token from the bucket in Redis, as a worker does before it claims."""
    assert not has_to_wait(deps, pacing.CHARGE, charge)


def verify(deps: Container, headers: Mapping[str, str], body: bytes) -> None:
    """Check a webhook's signature."""
    deps.provider(Provider.STRIPE).verify(headers, body)


def count() -> None:
    """Count what a charge leaves in the metrics, but for the web's own two."""
    metrics.MESSAGES_PUBLISHED.labels("stripe", "relay").inc()
    metrics.PROVIDER_CALL_SECONDS.labels("stripe", "perform").observe(0.1)
    metrics.PROVIDER_ANSWERS.labels("stripe", "perform", "Approved").inc()
    for status in ("submitting", "succeeded"):
        metrics.CHARGE_MOVES.labels("stripe", status).inc()
    metrics.CHARGE_SETTLE_SECONDS.labels("stripe").observe(1)
    metrics.CHARGE_TRIES.labels("stripe").observe(1)


def _charge(row_id: int, status: Status) -> Charge:
    return Charge(
        id=row_id,
        identifier=uuid4(),
        order_id=row_id,
        order_identifier=uuid4(),
        order_status=OrderStatus.PENDING,
        provider=Provider.STRIPE,
        status=status,
        money=PRICE,
        account=None,
        provider_reference=None,
        capture_reference=None,
        claim_number=1,
        created_at=datetime.now(UTC),
    )
