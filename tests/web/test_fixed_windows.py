"""Windows that are counted in memory, and how seldom a Redis that is away is asked."""

import pytest
from structlog.testing import capture_logs

from api_shim.fixed_windows import Counter, Rate, Window

NOBODY = "redis://127.0.0.1:1/0"


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def alone(clock: Clock) -> Counter:
    """A counter whose Redis is away."""
    return Counter(NOBODY, clock)


def window(name: str, rate: str = "2/minute") -> tuple[Window, ...]:
    return (Window(name, Rate.of(rate)),)


def admitted(counter: Counter, windows: tuple[Window, ...], times: int) -> int:
    return sum(counter.count(windows) is None for _ in range(times))


def test_a_window_begins_with_the_first_and_ends_in_its_time(alone: Counter, clock: Clock) -> None:
    assert admitted(alone, window("one"), 3) == 2
    clock.now += 59
    full = alone.count(window("one"))
    clock.now += 1
    again = admitted(alone, window("one"), 3)

    assert full is not None
    assert full.seconds == pytest.approx(1)
    assert again == 2


def test_what_is_refused_by_one_window_is_not_counted_in_the_next(alone: Counter) -> None:
    address, user = window("address", "1/hour"), window("user", "2/hour")
    admitted(alone, address + user, 5)

    assert admitted(alone, user, 5) == 1


def test_a_redis_that_stays_away_is_asked_ever_more_rarely(alone: Counter, clock: Clock) -> None:
    with capture_logs() as told:
        for _ in range(600):
            alone.count(window("one", "100000/hour"))
            clock.now += 0.1

    # At 0, 1, 3, 7, 15, 31 and 47 seconds of the minute.
    assert [line["event"] for line in told] == ["rate_limits.redis_away"] * 7
