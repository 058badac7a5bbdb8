"""The breaker: tells a circuit how a call through it went."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from shared import metrics
from shared.container import Container
from shared.crash_points import CrashPoint, reached
from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.domain.circuit import Circuit, Key, News, State, heed, sign_of
from shared.domain.errors import NotConfigured
from shared.domain.outcomes import Misconfigured
from shared.repository import charges, circuits
from worker.patience import patiently

log = structlog.get_logger()

_ACTOR = "worker"


def key_of(provider: Provider, account: str | None) -> Key:
    """Whose circuit the calls for that account go through."""
    return Key(provider, account or "")


def tell(
    deps: Container, key: Key, outcome: object, probe: int | None, evidence: Mapping[str, int]
) -> None:
    """Open, hold or close the circuit by a call's outcome; mostly there is nothing to write.

    Before the outcome is settled, so that the charge rests as long as its circuit.
    """
    answer = News(sign_of(outcome), str(getattr(outcome, "reason", "answered")), probe)
    news = deps.windows.weigh(key, answer, deps.clock())
    if news is None:
        return
    for attempt in patiently(deps):
        with attempt:
            _write(deps, key, news, evidence)


def refuse(deps: Container, charge_id: int, missing: NotConfigured) -> None:
    """Open the charge's circuit where its provider has no credentials: no call needs to be made."""
    with unit_of_work(deps.engine) as connection:
        charge = charges.read_charge(connection, charge_id)
    key = key_of(charge.provider, charge.account)
    tell(deps, key, Misconfigured(str(missing)), None, {"charge": charge_id})


def _write(deps: Container, key: Key, news: News, evidence: Mapping[str, int]) -> None:
    now = deps.clock()
    with unit_of_work(deps.engine) as connection:
        held = circuits.lock_circuit(connection, key, now)
        circuit = heed(held.circuit, news, now, deps.windows.rules)
        if circuit is held.circuit:
            return
        change = circuits.Change(_ACTOR, news.reason, dict(evidence))
        circuits.write_circuit(connection, held, circuit, change, now)
    reached(CrashPoint.CIRCUIT_TOLD)
    _say(key, held.circuit, circuit, news.reason)


def _say(key: Key, before: Circuit, circuit: Circuit, reason: str) -> None:
    if (circuit.state, circuit.cause) == (before.state, before.cause):
        return
    metrics.CIRCUIT_CHANGES.labels(key.provider, circuit.state, circuit.cause or "").inc()
    is_open = circuit.state is State.OPEN
    speak = log.error if is_open else log.warning
    speak(
        "circuit.opened" if is_open else "circuit.closed",
        provider=key.provider,
        account=key.account,
        cause=circuit.cause,
        reason=reason,
    )
