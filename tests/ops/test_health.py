"""The console's front page says what the doctor says."""

from collections.abc import Iterator

import pytest

from tests.api.platform import Platform, make_platform
from tests.ops.conftest import READER, Desk
from worker import watch


@pytest.fixture
def elsewhere(own_database_url: str, redis: str) -> Iterator[Platform]:
    """An installation of its own."""
    made = make_platform(own_database_url, redis)
    yield made
    made.deps.engine.dispose()


def home(platform: Platform) -> str:
    """Its front page's part about health."""
    desk = Desk(platform.app.test_client())
    desk.post("/ops/sign-in", token=platform.token(READER))
    return desk.get("/ops").text.partition("<h2>Health</h2>")[2].partition("<h2>")[0]


def test_home_says_that_relay_beat_and_a_worker_are_dead(elsewhere: Platform) -> None:
    elsewhere.charged()
    elsewhere.sql(
        "UPDATE charges SET dispatch_at = now() - interval '3 minutes',"
        " next_attempt_at = now() - interval '3 minutes'"
    )

    health = home(elsewhere)

    assert "1 rows for stripe are due since" in health
    assert "start the processes beat and maintenance" in health
    assert "Start workers for the queue stripe." in health


def test_home_alarms_nobody_where_all_is_well(elsewhere: Platform) -> None:
    watch.run(elsewhere.deps)
    elsewhere.charged()

    health = home(elsewhere)

    assert 'class="bad"' not in health
    assert "Well: beat, circuits, relay, charges, reviews, ledgers, events, broker." in health


def test_home_is_shown_without_a_broker_and_says_that_it_is_away(
    own_database_url: str, redis: str
) -> None:
    away = make_platform(own_database_url, redis, broker_url="redis://127.0.0.1:9/0")

    health = home(away)

    assert "It does not answer: see BROKER_URL and REDIS_URL." in health
    away.deps.engine.dispose()
