"""Who may ask how often, and what Redis has to do with it."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest
from flask.testing import FlaskClient
from redis import Redis as RedisClient
from werkzeug.test import Client

from api_shim.proxies import behind
from local.engines import Redis
from local.folders import temporary_folder
from tests.unit.issuer import signed
from tests.web.conftest import MakeClient

ORDER = "/v1/orders/1"
ONE_SCRIPT = {
    f"cmdstat_{name}" for name in ("evalsha", "incr", "expire", "config|resetstat", "config")
}


def ask(client: FlaskClient, user: str | None = None, address: str = "192.0.2.1") -> int:
    headers = {"Authorization": f"Bearer {signed(sub=user)}"} if user else {}
    environment = {"REMOTE_ADDR": address}
    return client.get(ORDER, headers=headers, environ_overrides=environment).status_code


def ask_as(client: FlaskClient, user: str | None, times: int) -> list[int]:
    return [ask(client, user) for _ in range(times)]


@pytest.fixture
def own_redis() -> Iterator[Redis]:
    """A Redis of this test's, to be killed."""
    with temporary_folder("limits") as folder, Redis(folder) as redis:
        yield redis


def test_a_user_that_asks_too_often_is_told_when_to_come_back(
    make_client: MakeClient, redis: str
) -> None:
    client = make_client(redis_url=redis, rate_limit_per_user="3/hour")

    answers = ask_as(client, "eager", 4)
    refusal = client.get(ORDER, headers={"Authorization": f"Bearer {signed(sub='eager')}"})
    another = ask(client, "patient")

    assert answers == [404, 404, 404, 429]
    assert another == 404
    assert refusal.content_type == "application/vnd.api+json"
    assert refusal.get_json(force=True)["errors"][0]["code"] == "rate_limited"
    assert 0 < int(refusal.headers["Retry-After"]) <= 3600


def test_an_address_is_limited_whoever_speaks_from_it(make_client: MakeClient, redis: str) -> None:
    client = make_client(redis_url=redis, rate_limit_per_address="3/hour")

    answers = [ask(client, user, "198.51.100.7") for user in (None, "one", "two", "three")]
    elsewhere = ask(client, "three", "198.51.100.8")

    assert answers == [401, 404, 404, 429]
    assert elsewhere == 404


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:2::1", "2001:db8:0:3::1", False),
        ("::ffff:203.0.113.1", "::ffff:203.0.113.2", False),
        ("::ffff:203.0.113.3", "203.0.113.3", True),
        ("", "no address", True),
    ],
)
def test_addresses_of_one_customer_are_one(
    make_client: MakeClient,
    own_redis: Redis,
    first: str,
    second: str,
    is_one: bool,  # noqa: FBT001 a column of the table
) -> None:
    client = make_client(redis_url=own_redis.url, rate_limit_per_address="1/hour")

    assert ask(client, address=first) == 401
    assert ask(client, address=second) == (429 if is_one else 401)


def test_another_rate_begins_a_window_of_its_own(make_client: MakeClient, own_redis: Redis) -> None:
    before, after = (
        make_client(redis_url=own_redis.url, rate_limit_per_address=rate)
        for rate in ("2/hour", "2/minute")
    )

    assert ask_as(before, None, 3) == [401, 401, 429]
    assert ask_as(after, None, 3) == [401, 401, 429]


def test_webhooks_have_a_limit_of_their_own(make_client: MakeClient, own_redis: Redis) -> None:
    client = make_client(
        redis_url=own_redis.url, rate_limit_per_address="1/hour", rate_limit_of_webhooks="2/hour"
    )
    ask_as(client, None, 2)

    answers = [client.post("/webhooks/stripe", data=b"{}").status_code for _ in range(3)]

    assert answers == [404, 404, 429]


def test_health_is_never_limited(make_client: MakeClient, redis: str) -> None:
    client = make_client(redis_url=redis, rate_limit_per_address="1/hour")

    assert {client.get("/health/live").status_code for _ in range(20)} == {200}


def test_two_processes_count_together(make_client: MakeClient, redis: str) -> None:
    one, other = (make_client(redis_url=redis, rate_limit_per_user="4/hour") for _ in range(2))

    answers = [ask(client, "spread") for _ in range(3) for client in (one, other)]

    assert answers == [404, 404, 404, 404, 429, 429]


def test_all_the_limits_of_a_request_cost_one_question(
    make_client: MakeClient, own_redis: Redis
) -> None:
    client = make_client(redis_url=own_redis.url)
    ask(client, "first")  # which brings the script along
    with RedisClient.from_url(own_redis.url) as redis:
        redis.config_resetstat()

        ask_as(client, "buyer", 10)

        asked = cast("dict[str, dict[str, int]]", redis.info("commandstats"))
    assert asked["cmdstat_evalsha"]["calls"] == 10
    assert set(asked) <= ONE_SCRIPT


def test_without_redis_each_process_counts_for_itself(
    make_client: MakeClient, own_redis: Redis
) -> None:
    client = make_client(redis_url=own_redis.url, rate_limit_per_user="3/hour")
    ask_as(client, "eager", 2)

    own_redis.kill()

    assert ask_as(client, "eager", 5) == [404, 404, 404, 429, 429]


def test_a_redis_that_is_back_is_counted_in_again(
    make_client: MakeClient, own_redis: Redis
) -> None:
    client = make_client(redis_url=own_redis.url, rate_limit_per_user="3/hour")
    own_redis.kill()
    ask_as(client, "eager", 4)
    own_redis.start()

    deadline = time.monotonic() + 60
    while ask(client, "eager") == 429:
        assert time.monotonic() < deadline, "the Redis that is back is not asked"
        time.sleep(0.1)


def test_a_redis_that_hangs_costs_no_request_more_than_a_moment(
    make_client: MakeClient, own_redis: Redis
) -> None:
    client = make_client(redis_url=own_redis.url)
    ask(client, "buyer")
    os.kill(own_redis.pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        answers = ask_as(client, "buyer", 200)
        taken = time.monotonic() - started
    finally:
        os.kill(own_redis.pid, signal.SIGCONT)

    # 200 waits of 50 ms would be ten seconds for each limit.
    assert set(answers) == {404}
    assert taken < 10


def test_many_at_once_who_find_redis_away_are_let_in(
    make_client: MakeClient, own_redis: Redis
) -> None:
    client = make_client(redis_url=own_redis.url)
    ask(client, "buyer")
    os.kill(own_redis.pid, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(16) as pool:
            clients = [client.application.test_client() for _ in range(64)]
            answers = set(pool.map(lambda one: ask(one, "buyer"), clients))
    finally:
        os.kill(own_redis.pid, signal.SIGCONT)

    assert answers == {404}


@pytest.mark.parametrize(
    ("hops", "told", "counted"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "made up, 203.0.113.9", "203.0.113.9"),
        (2, "203.0.113.9, 198.51.100.1", "203.0.113.9"),
    ],
)
def test_only_so_many_proxies_are_believed(
    make_client: MakeClient, hops: int, told: str, counted: str
) -> None:
    app = make_client(rate_limit_per_address="1/hour").application
    client = Client(behind(hops, app))
    ask(app.test_client(), address=counted)  # uses up what that address may

    answer = client.get(
        ORDER, headers={"X-Forwarded-For": told}, environ_base={"REMOTE_ADDR": "192.0.2.1"}
    )

    assert answer.status_code == 429


def test_a_preflight_is_nobodys(make_client: MakeClient, redis: str) -> None:
    client = make_client(redis_url=redis, rate_limit_per_user="1/hour")

    assert {client.options(ORDER).status_code for _ in range(3)} == {204}
