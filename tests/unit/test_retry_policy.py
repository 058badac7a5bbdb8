"""The retry policy, run under a clock of its own."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.charge import Operation
from shared.domain.retry_policy import (
    KEY_LIVES,
    KEY_MARGIN,
    AttemptRecord,
    Step,
    key_expiry,
    next_step,
    retry_delay,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
LIVES = {
    Operation.STRIPE_PAYMENT: timedelta(hours=24),
    Operation.PAYPAL_ORDER_CREATE: timedelta(hours=6),
    Operation.PAYPAL_ORDER_CAPTURE: timedelta(hours=6),
    Operation.PAYPAL_PAYMENT_EXECUTE: timedelta(days=30),
    Operation.STRIPE_REFUND: timedelta(hours=24),
    Operation.PAYPAL_CAPTURE_REFUND: timedelta(days=45),
    Operation.PAYPAL_SALE_REFUND: timedelta(days=30),
}
OPERATIONS = st.sampled_from(list(Operation))
WAITS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=40))
JITTERS = st.floats(min_value=0, max_value=1, exclude_max=True)


def test_every_operation_has_the_key_life_that_its_provider_documents() -> None:
    assert LIVES == KEY_LIVES
    assert set(LIVES) == set(Operation)


@pytest.mark.parametrize("operation", Operation)
@pytest.mark.parametrize("maybe_executed", [False, True])
def test_a_key_is_used_until_its_margin_begins(
    operation: Operation, *, maybe_executed: bool
) -> None:
    last = NOON + LIVES[operation] - KEY_MARGIN - INSTANT

    step = next_step(first_used_at(NOON, operation, maybe_executed=maybe_executed), last)

    assert step is Step.PERFORM


@pytest.mark.parametrize("operation", Operation)
@pytest.mark.parametrize("late", [timedelta(0), INSTANT, KEY_MARGIN, timedelta(days=365)])
def test_within_the_margin_what_may_have_happened_is_looked_up(
    operation: Operation, late: timedelta
) -> None:
    attempt = first_used_at(NOON, operation, maybe_executed=True)

    step = next_step(attempt, NOON + LIVES[operation] - KEY_MARGIN + late)

    assert step is Step.FIND


@pytest.mark.parametrize("operation", Operation)
@pytest.mark.parametrize("late", [timedelta(0), INSTANT, KEY_MARGIN, timedelta(days=365)])
def test_within_the_margin_what_provably_never_happened_begins_anew(
    operation: Operation, late: timedelta
) -> None:
    attempt = first_used_at(NOON, operation, maybe_executed=False)

    step = next_step(attempt, NOON + LIVES[operation] - KEY_MARGIN + late)

    assert step is Step.RENEW


def test_a_key_that_is_answered_the_same_for_ever_is_not_sent_again() -> None:
    attempt = AttemptRecord(NOON + timedelta(hours=24), maybe_executed=True, replayable=False)

    step = next_step(attempt, NOON)

    assert step is Step.FIND


@given(
    operation=OPERATIONS,
    elapsed=st.timedeltas(min_value=timedelta(days=-1), max_value=timedelta(days=100)),
    maybe_executed=st.booleans(),
    replayable=st.booleans(),
)
def test_no_post_is_ever_decided_with_a_key_that_may_be_forgotten(
    operation: Operation, elapsed: timedelta, *, maybe_executed: bool, replayable: bool
) -> None:
    attempt = AttemptRecord(key_expiry(operation, NOON), maybe_executed, replayable)

    step = next_step(attempt, NOON + elapsed)

    assert step is not Step.PERFORM or elapsed < LIVES[operation] - KEY_MARGIN
    assert step is not Step.PERFORM or replayable
    assert step is not Step.RENEW or not maybe_executed


class Fate(Enum):
    """What becomes of a call that brings no answer."""

    UNSENT = auto()
    EXECUTED = auto()
    SENT_IN_VAIN = auto()


@dataclass
class Provider:
    """Remembers each key for its documented life, and executes what it does not remember."""

    operation: Operation
    remembered: dict[int, datetime] = field(default_factory=dict)
    executions: int = 0

    def post(self, key: int, now: datetime, *, is_executed: bool) -> None:
        first_used = self.remembered.get(key)
        is_forgotten = first_used is None or now >= first_used + LIVES[self.operation]
        if is_executed and is_forgotten:
            self.remembered[key] = now
            self.executions += 1


@given(
    OPERATIONS,
    st.lists(st.tuples(WAITS, st.sampled_from(Fate)), max_size=30),
    st.timedeltas(min_value=timedelta(0), max_value=KEY_MARGIN),
)
def test_a_worker_that_obeys_executes_once_however_long_it_waits_and_a_call_takes(
    operation: Operation, fates: list[tuple[timedelta, Fate]], latency: timedelta
) -> None:
    provider = Provider(operation)

    for key, sent_at, fate in obedient_posts(operation, fates):
        provider.post(key, sent_at + latency, is_executed=fate is Fate.EXECUTED)

    assert provider.executions <= 1


@given(st.integers(min_value=0, max_value=10_000), JITTERS)
def test_a_delay_stays_under_a_ceiling_that_doubles_from_two_seconds_to_ten_minutes(
    tries: int, jitter: float
) -> None:
    ceiling = timedelta(seconds=min(600, 2 * 2 ** min(tries, 12)))

    delay = retry_delay(tries, jitter)

    assert timedelta(0) <= delay <= ceiling


@pytest.mark.parametrize(
    ("tries", "jitter", "seconds"),
    [(0, 0.5, 1), (1, 0.5, 2), (4, 0.5, 16), (8, 0.5, 256), (9, 0.5, 300), (10_000, 0.5, 300)],
)
def test_the_jitter_is_full(tries: int, jitter: float, seconds: int) -> None:
    assert retry_delay(tries, jitter) == timedelta(seconds=seconds)
    assert retry_delay(tries, 0.0) == timedelta(0)


@given(
    st.integers(min_value=0, max_value=100),
    JITTERS,
    st.timedeltas(min_value=-timedelta(days=1), max_value=timedelta(days=30)),
)
def test_the_provider_s_retry_after_is_never_undercut(
    tries: int, jitter: float, retry_after: timedelta
) -> None:
    delay = retry_delay(tries, jitter, retry_after)

    assert delay == max(retry_after, retry_delay(tries, jitter))


def first_used_at(now: datetime, operation: Operation, *, maybe_executed: bool) -> AttemptRecord:
    return AttemptRecord(key_expiry(operation, now), maybe_executed, replayable=True)


def obedient_posts(
    operation: Operation, fates: list[tuple[timedelta, Fate]]
) -> Iterator[tuple[int, datetime, Fate]]:
    now, key, attempt = NOON, 0, first_used_at(NOON, operation, maybe_executed=False)
    for wait, fate in fates:
        now += wait
        step = next_step(attempt, now)
        if step is Step.RENEW:
            key, attempt = key + 1, first_used_at(now, operation, maybe_executed=False)
        if step is not Step.FIND:
            yield key, now, fate
            doubtful = attempt.maybe_executed or fate is not Fate.UNSENT
            attempt = AttemptRecord(attempt.key_expires_at, doubtful, replayable=True)
