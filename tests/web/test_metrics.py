"""What is counted, and who may read it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from tests.web.conftest import MakeClient
from tests.web.gunicorn import PATIENCE, Web, running_web

TOKEN = "a token of whoever scrapes, made up"
HERE, ELSEWHERE = "127.0.0.1", "10.0.0.7"


def read(client: FlaskClient, address: str = HERE, **headers: str) -> int:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    environment = {"REMOTE_ADDR": address}
    return client.get("/metrics", headers=sent, environ_overrides=environment).status_code


def counted(text: str, route: str, status: str) -> float:
    """How many requests of that route had that status."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "chargehand_http_requests_total"
        and (sample.labels["route"], sample.labels["status"]) == (route, status)
    )


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1"])
def test_without_a_token_it_is_read_on_the_machine_itself(
    client: FlaskClient, address: str
) -> None:
    assert read(client, address) == 200


@pytest.mark.parametrize("address", [ELSEWHERE, "203.0.113.1", "2001:db8::1", "", "unix"])
def test_without_a_token_it_is_not_there_for_others(client: FlaskClient, address: str) -> None:
    assert read(client, address) == 404


@pytest.mark.parametrize("header", ["X_Forwarded_For", "Forwarded", "Via", "X_Real_Ip"])
def test_without_a_token_no_proxy_on_the_machine_opens_it(client: FlaskClient, header: str) -> None:
    assert read(client, HERE, **{header: "203.0.113.1"}) == 404


def test_with_a_token_it_is_read_from_anywhere_by_that_token(make_client: MakeClient) -> None:
    client = make_client(metrics_token=TOKEN)

    assert read(client, ELSEWHERE, Authorization=f"Bearer {TOKEN}") == 200
    assert read(client, HERE) == 401
    assert read(client, HERE, Authorization="Bearer ") == 401
    assert read(client, HERE, Authorization=f"Bearer {TOKEN}x") == 401
    assert read(client, HERE, Authorization="Bearer tökén") == 401


def test_requests_are_counted_by_the_rule_of_their_route(client: FlaskClient) -> None:
    before = client.get("/metrics").text
    for order in range(3):
        client.get(f"/v1/orders/{order}")
    client.get("/no/such/path")
    client.open("/health/live", method="MADEUP")

    after = client.get("/metrics").text

    for route, status, times in [("/v1/orders/<order>", "401", 3), ("none", "404", 1)]:
        assert counted(after, route, status) - counted(before, route, status) == times
    assert "MADEUP" not in after
    assert "/no/such/path" not in after


@pytest.fixture(scope="module")
def web(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A web process with two workers."""
    log = tmp_path_factory.mktemp("web") / "log"
    with running_web(new_database(), log, WEB_CONCURRENCY="2") as running:
        yield running


def test_the_processes_of_one_gunicorn_count_together(web: Web) -> None:
    for _ in range(40):
        # A connection of its own for each, so that both workers get some.
        requests.get(f"{web.url}/v1/orders/1", timeout=PATIENCE)

    texts = [requests.get(f"{web.url}/metrics", timeout=PATIENCE).text for _ in range(8)]

    assert [counted(text, "/v1/orders/<order>", "401") for text in texts] == [40] * 8


def test_what_was_counted_is_gone_with_its_gunicorn(own_database_url: str, tmp_path: Path) -> None:
    with running_web(own_database_url, tmp_path / "log", TMPDIR=str(tmp_path)) as running:
        made = list(tmp_path.glob("chargehand-counts-*"))
        requests.get(f"{running.url}/health/live", timeout=PATIENCE)

    assert [folder.exists() for folder in made] == [False]
