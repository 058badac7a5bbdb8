"""What the front page draws is what it says in words."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from api_shim.console.glance import percent, span
from api_shim.console.plots import draw
from shared.domain.charge import Status
from shared.metrics import LAG_BUCKETS
from shared.repository.charge_history import WINDOWS, Cohort, together, within

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_a_line_has_a_gap_where_there_is_no_figure_and_a_dash_where_one_stands_alone() -> None:
    instants = [NOON + timedelta(hours=number) for number in range(5)]

    plot = draw("Charges", instants, {"all": [0, 4, None, 2, None]}, "{:.0f}".format)

    assert plot.paths["all"] == "M2.0 96.0h2L82.0 4.0M236.0 50.0h2"
    assert [words for _, words in plot.rows] == [["0"], ["4"], ["–"], ["2"], ["–"]]
    assert plot.top == "4"


def test_nothing_to_draw_is_an_empty_plot() -> None:
    plot = draw("Charges", [], {"all": []}, "{:.0f}".format)

    assert (plot.paths, plot.rows) == ({"all": ""}, [])


def test_a_line_stays_within_its_drawing() -> None:
    instants = [NOON + timedelta(hours=number) for number in range(30)]
    plot = draw("Charges", instants, {"all": [number % 7 for number in range(30)]}, str)

    numbers = [float(each) for each in re.findall(r"[\d.]+", plot.paths["all"].replace("h2", ""))]

    assert max(numbers[::2]) <= 320
    assert max(numbers[1::2]) <= 100


@pytest.mark.parametrize(
    ("share", "lags", "bound"),
    [
        (0.5, {0: 1, 3: 1}, LAG_BUCKETS[0]),
        (0.51, {0: 1, 3: 1}, LAG_BUCKETS[3]),
        (0.95, {1: 95, 2: 5}, LAG_BUCKETS[1]),
        (0.95, {len(LAG_BUCKETS): 1}, float("inf")),
        (0.5, {}, None),
    ],
)
def test_a_share_has_settled_within_the_first_bound_that_holds_it(
    share: float, lags: dict[int, int], bound: float | None
) -> None:
    assert within(lags, share) == bound


def test_the_rate_is_of_those_that_succeeded_or_failed() -> None:
    one, other = Cohort(), Cohort()
    one.statuses.update({Status.SUCCEEDED: 3, Status.ACCEPTED: 9, Status.CANCELED: 9})
    other.statuses.update({Status.FAILED: 1})

    assert together([one, other]).success_rate == 0.75
    assert Cohort().success_rate is None


def test_nearly_all_is_not_said_to_be_all() -> None:
    assert percent(0.99999) == "99.9 %"
    assert percent(1) == "100 %"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.5, "0.5 s"), (300, "5 min"), (86_400, "24 h"), (float("inf"), "longer than 24 h")],
)
def test_a_time_is_said_in_its_own_unit(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_the_steps_of_a_window_end_now_or_with_this_hour() -> None:
    now = NOON - timedelta(minutes=20)
    for name, end in {"hour": now, "day": now, "week": NOON, "month": NOON}.items():
        window = WINDOWS[name]
        starts = window.starts(now)
        assert starts[0] == end - window.length
        assert starts[-1] + window.step == end
