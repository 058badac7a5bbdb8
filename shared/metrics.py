"""The metrics: what processes count, by name, unit and labels.

A label's values are few and known: never an account, an order, a charge or an endpoint. What is
counted within a transaction that is then repeated is counted twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from shared.domain.charge import Provider, Status
from shared.domain.outcomes import NotSent

_CALL_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20, 30)
LAG_BUCKETS: Final = (0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 6 * 3600, 24 * 3600)
"""Seconds; the console shows times to settle by the same bounds."""

CHARGE_MOVES: Final = Counter(
    "chargehand_charge_moves", "Charges that moved to a status.", ["provider", "status"]
)
CHARGE_SETTLE_SECONDS: Final = Histogram(
    "chargehand_charge_settle_seconds",
    "Time from a charge's acceptance to its end, the payer's own time included.",
    ["provider"],
    buckets=LAG_BUCKETS,
)
CHARGE_TRIES: Final = Histogram(
    "chargehand_charge_tries",
    "Tries of the attempt that ended a charge.",
    ["provider"],
    buckets=(1, 2, 3, 5, 10, 20),
)
PROVIDER_CALL_SECONDS: Final = Histogram(
    "chargehand_provider_call_seconds",
    "Time of one operation at a provider, its short retries included.",
    ["provider", "operation"],
    buckets=_CALL_BUCKETS,
)
PROVIDER_ANSWERS: Final = Counter(
    "chargehand_provider_answers",
    "Operations at a provider, by what they came to.",
    ["provider", "operation", "answer"],
)
CLAIMS_LOST: Final = Counter(
    "chargehand_claims_lost", "Claims that a successor took over before they ended.", ["of"]
)
CIRCUIT_CHANGES: Final = Counter(
    "chargehand_circuit_changes",
    "Circuits that workers opened or closed.",
    ["provider", "state", "cause"],
)
WEBHOOKS_RECEIVED: Final = Counter(
    "chargehand_webhooks_received",
    "Webhooks that came: new, duplicate, refused or unverifiable.",
    ["provider", "result"],
)
WEBHOOK_EVENTS_HANDLED: Final = Counter(
    "chargehand_webhook_events_handled",
    "Events of the inbox that were looked at, by what came of it.",
    ["provider", "result"],
)
WEBHOOK_LAG_SECONDS: Final = Histogram(
    "chargehand_webhook_lag_seconds",
    "Time from an event's creation at the provider to the end of its handling.",
    ["provider"],
    buckets=LAG_BUCKETS,
)
OUTBOUND_DELIVERIES: Final = Counter(
    "chargehand_outbound_deliveries", "Deliveries tried, by what came of it.", ["result"]
)
OUTBOUND_LAG_SECONDS: Final = Histogram(
    "chargehand_outbound_lag_seconds",
    "Time from an outbound event to its delivery.",
    buckets=LAG_BUCKETS,
)
MESSAGES_PUBLISHED: Final = Counter(
    "chargehand_messages_published",
    "Messages put into a queue by relay or sweep.",
    ["queue", "process"],
)
TASKS_TAKEN: Final = Counter(
    "chargehand_tasks_taken", "Tasks that a worker took from a queue.", ["queue"]
)
BROKER_MESSAGES: Final = Gauge(
    "chargehand_broker_messages",
    "Messages that wait in a queue at the broker, as the relay counted them.",
    ["queue"],
    multiprocess_mode="mostrecent",
)
ROUNDS: Final = Counter("chargehand_rounds", "Rounds of beat that were completed.", ["round"])
ROUND_ROWS: Final = Counter(
    "chargehand_round_rows", "What the rounds of beat did, in rows or pages.", ["round", "what"]
)
LEDGER_DIFFERENCES: Final = Counter(
    "chargehand_ledger_differences",
    "Differences seen when a day was compared with the provider's ledger, each time it was.",
    ["provider", "type"],
)
TASK_FAILURES: Final = Counter(
    "chargehand_task_failures", "Tasks that ended in an exception.", ["task", "error"]
)

# A rate needs a series that was there before its first event: after a deploy, too.
for _provider in Provider:
    for _status in Status:
        CHARGE_MOVES.labels(_provider, _status)

_CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")


def count_round(name: str, rows: Mapping[str, int]) -> None:
    """One more round, with what it did."""
    ROUNDS.labels(name).inc()
    for what, count in rows.items():
        ROUND_ROWS.labels(name, what).inc(count)


def count_published(process: str, queues: Iterable[str]) -> None:
    """Messages that went out, by the queue of each."""
    for queue in queues:
        MESSAGES_PUBLISHED.labels(queue, process).inc()


def answer_of(outcome: object) -> str:
    """An outcome's class as a label: `not_sent`, or `rate_limited` where we were told to wait."""
    if isinstance(outcome, NotSent) and outcome.retry_after and not outcome.is_ailing:
        return "rate_limited"
    return snake_case(type(outcome).__name__)


def snake_case(name: str) -> str:
    """`GivenUp` as `given_up`."""
    return _CAPITAL.sub("_", name).lower()
