"""The circuit: when calls to an account at a provider rest, and when one may try again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.domain import outcomes as o
from shared.domain.charge import Provider


class State(StrEnum):
    """How a circuit stands. Half-open is an open one whose rest is over: one probe may pass."""

    CLOSED = "closed"
    OPEN = "open"
    PAUSED = "paused"  # by an operator, until an operator resumes it


class Sign(StrEnum):
    """What an answer says of the provider, and why a circuit is not closed."""

    SOUND = "sound"
    AILING = "ailing"  # no connection, no answer in time, 5xx
    REFUSED = "refused"  # our credentials or permissions
    PAUSED = "paused"


OUR_FAULT: Final = (Sign.REFUSED, Sign.PAUSED)
"""Why no charge may be given up for the time that it had to wait."""


@dataclass(frozen=True, slots=True)
class Key:
    """Whose circuit: `account` is empty for the platform's own."""

    provider: Provider
    account: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """When a circuit opens, and how long it rests."""

    window: timedelta
    least_calls: int
    ailing_share: float
    first_rest: timedelta
    longest_rest: timedelta

    def rest(self, failures: int) -> timedelta:
        """How long no call is made after so many probes that failed."""
        return min(self.longest_rest, self.first_rest * (1 << min(failures, 20)))


@dataclass(frozen=True, slots=True)
class Circuit:
    """A circuit as its row has it; one without a row is closed."""

    state: State
    cause: Sign | None
    failures: int
    """Probes that failed in a row."""
    probe_number: int
    """Of the last probe that was let through: only its answer closes the circuit."""
    probe_at: datetime | None
    """When the next call may pass: the end of the rest, or of the lease of a probe that is out."""
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class News:
    """What a call's answer says of its circuit."""

    sign: Sign
    reason: str
    probe: int | None
    """The call's number as a probe."""
    since: datetime | None = None
    """The first of the calls on which AILING is founded."""


def sign_of(outcome: object) -> Sign:
    """Read the sign of any outcome of a call; a decline or a 429 is an answer."""
    match outcome:
        case o.Misconfigured():
            return Sign.REFUSED
        case o.NotSent(is_ailing=True) | o.Indeterminate(is_ailing=True):
            return Sign.AILING
        case _:
            return Sign.SOUND


def heed(circuit: Circuit, news: News, now: datetime, rules: Rules) -> Circuit:
    """Decide what the news does to the circuit; the same object where nothing."""
    if circuit.state is State.PAUSED:
        return circuit
    if news.sign is Sign.SOUND:
        is_proven = circuit.state is State.OPEN and news.probe == circuit.probe_number
        return closed(circuit, now) if is_proven else circuit
    if circuit.state is State.CLOSED:
        return circuit if _is_stale(circuit, news) else _opened(circuit, news.sign, 0, now, rules)
    # Whoever was under way when the circuit opened tells nothing new.
    is_probed = news.probe == circuit.probe_number
    if is_probed or (circuit.probe_at is not None and circuit.probe_at <= now):
        return _opened(circuit, news.sign, circuit.failures + 1, now, rules)
    return circuit


def closed(circuit: Circuit, now: datetime) -> Circuit:
    """Let all calls pass."""
    return replace(
        circuit, state=State.CLOSED, cause=None, failures=0, probe_at=None, changed_at=now
    )


def paused(circuit: Circuit, now: datetime) -> Circuit:
    """Let no call pass until somebody resumes."""
    return replace(
        circuit, state=State.PAUSED, cause=Sign.PAUSED, failures=0, probe_at=None, changed_at=now
    )


def _opened(circuit: Circuit, cause: Sign, failures: int, now: datetime, rules: Rules) -> Circuit:
    is_new = (circuit.state, circuit.cause) != (State.OPEN, cause)
    return replace(
        circuit,
        state=State.OPEN,
        cause=cause,
        failures=failures,
        probe_at=now + rules.rest(failures),
        changed_at=now if is_new else circuit.changed_at,
    )


def _is_stale(circuit: Circuit, news: News) -> bool:
    """Whether it is founded on calls from before the circuit closed."""
    return news.since is not None and news.since < circuit.changed_at


@dataclass(slots=True)
class Window:
    """How the calls of one process through one circuit went lately."""

    rules: Rules
    _calls: deque[tuple[datetime, bool]] = field(default_factory=deque)
    _ailing: int = 0

    def add(self, at: datetime, *, is_ailing: bool) -> datetime | None:
        """Count a call. Where too many were ailing: since when, and the count begins anew."""
        for _, was_ailing in self._passed(at - self.rules.window):
            self._ailing -= was_ailing
        self._calls.append((at, is_ailing))
        self._ailing += is_ailing
        count = len(self._calls)
        is_enough = count >= self.rules.least_calls
        if not (is_ailing and is_enough and self._ailing >= count * self.rules.ailing_share):
            return None
        since = self._calls[0][0]
        self._calls.clear()
        self._ailing = 0
        return since

    def _passed(self, before: datetime) -> Iterator[tuple[datetime, bool]]:
        while self._calls and self._calls[0][0] < before:
            yield self._calls.popleft()
