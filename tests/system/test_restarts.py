"""A database that restarts turns requests away; it loses none that was accepted."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from local.engines import Postgres, Redis
from local.folders import temporary_folder
from tests.conftest import migrate
from tests.system.system import System

ORDERS = 60


@pytest.fixture
def database() -> Iterator[Postgres]:
    """A Postgres of its own, for it is going to die."""
    with temporary_folder("restarts") as folder, Postgres(folder, durable=False) as server:
        migrate(server.url)
        yield server


@pytest.fixture
def system(database: Postgres, tmp_path: Path) -> Iterator[System]:
    """Everything running over that database."""
    with temporary_folder("restarts") as folder, Redis(folder) as redis:
        running = System(tmp_path, database.url, redis)
        try:
            running.start()
            yield running
        finally:
            running.stop()


def test_a_charge_is_accepted_or_turned_away_while_postgres_dies_and_returns(
    system: System, database: Postgres
) -> None:
    orders = [system.order() for _ in range(ORDERS)]
    answers: list[requests.Response] = []

    def charge_until_accepted(order: str) -> None:
        while True:
            answer = system.charge(order, stripe="tok_visa")
            answers.append(answer)
            if answer.status_code != 503:
                return
            time.sleep(0.2)

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(charge_until_accepted, order) for order in orders]
        for share in (0.2, 0.6):
            system.until(lambda share=share: _accepted(answers) >= share * ORDERS, "some are in")
            database.kill()
            system.until(lambda: answers[-1].status_code == 503, "the shim turns away")
            database.start()
        for one in asking:
            one.result()

    refused = [answer for answer in answers if answer.status_code != 202]
    links = {a.json()["data"]["links"]["self"] for a in answers if a.status_code == 202}
    assert {answer.status_code for answer in refused} == {503}
    assert all(answer.headers["Retry-After"] for answer in refused)
    assert len(links) == ORDERS
    assert {system.settled(link) for link in links} == {"succeeded"}
    assert set(system.captures().values()) == {1}


def _accepted(answers: list[requests.Response]) -> int:
    return sum(answer.status_code == 202 for answer in answers)
