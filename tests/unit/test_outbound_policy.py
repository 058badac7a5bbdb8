"""What becomes of a delivery when a try has ended."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.outbound import (
    DELAYS,
    FAILING_PATIENCE,
    JITTER,
    LONGEST_RETRY_AFTER,
    MOST_AT_ONCE,
    MOST_WHILE_FAILING,
    Answer,
    Delivered,
    EndpointLost,
    GivenUp,
    Postponed,
    Tried,
    Verdict,
    judge_answer,
    pause_at,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def tried(tries: int = 1, failing_for: timedelta | None = None, jitter: float = 0.0) -> Tried:
    since = None if failing_for is None else NOW - failing_for
    return Tried(NOW, tries, since, jitter)


@pytest.mark.parametrize(
    ("answer", "seen", "verdict"),
    [
        (Answer(200), tried(), Delivered()),
        (Answer(299), tried(99, FAILING_PATIENCE), Delivered()),
        (Answer(199), tried(), Postponed(NOW + DELAYS[0])),
        (Answer(300), tried(), Postponed(NOW + DELAYS[0])),
        (Answer(error="nobody there"), tried(), Postponed(NOW + DELAYS[0])),
        (Answer(500), tried(9), Postponed(NOW + DELAYS[-1])),
        (Answer(500), tried(10), GivenUp()),
        (Answer(410), tried(), EndpointLost("it answered 410 Gone")),
        (Answer(500), tried(3, FAILING_PATIENCE - SECOND), Postponed(NOW + DELAYS[2])),
        (Answer(500), tried(10, FAILING_PATIENCE - SECOND), GivenUp()),
        (Answer(500), tried(10, FAILING_PATIENCE),
         EndpointLost("every try has failed for 3 days")),
        (Answer(500), tried(1, FAILING_PATIENCE),
         EndpointLost("every try has failed for 3 days")),
        (Answer(429, retry_after=timedelta(hours=1)), tried(), Postponed(NOW + timedelta(hours=1))),
        (Answer(429, retry_after=timedelta(seconds=-9)), tried(), Postponed(NOW + DELAYS[0])),
        (Answer(429, retry_after=timedelta(days=999)), tried(),
         Postponed(NOW + LONGEST_RETRY_AFTER)),
    ],
)  # fmt: skip
def test_each_answer_has_its_verdict(answer: Answer, seen: Tried, verdict: Verdict) -> None:
    assert judge_answer(answer, seen) == verdict


@given(tries=st.integers(1, len(DELAYS)), jitter=st.floats(0, 1, exclude_max=True))
def test_a_delay_is_never_shorter_than_its_row_and_little_longer(tries: int, jitter: float) -> None:
    verdict = judge_answer(Answer(500), tried(tries, jitter=jitter))

    assert isinstance(verdict, Postponed)
    delay = DELAYS[tries - 1]
    assert delay <= verdict.until - NOW <= delay * (1 + JITTER)


@given(
    status=st.one_of(st.none(), st.integers(100, 599)),
    tries=st.integers(1, 100),
    failing=st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(days=99))),
)
def test_every_answer_has_a_verdict_and_only_a_2xx_is_a_delivery(
    status: int | None, tries: int, failing: timedelta | None
) -> None:
    verdict = judge_answer(Answer(status), tried(tries, failing))

    assert isinstance(verdict, Delivered) == (status is not None and status // 100 == 2)


@pytest.mark.parametrize(
    ("in_flight", "is_failing", "waits"),
    [
        (0, False, False),
        (MOST_AT_ONCE - 1, False, False),
        (MOST_AT_ONCE, False, True),
        (MOST_WHILE_FAILING - 1, True, False),
        (MOST_WHILE_FAILING, True, True),
    ],
)
def test_a_delivery_waits_where_its_endpoint_has_enough(
    *, in_flight: int, is_failing: bool, waits: bool
) -> None:
    pause = pause_at(in_flight, 0.5, is_failing=is_failing)

    assert (pause is not None) == waits
