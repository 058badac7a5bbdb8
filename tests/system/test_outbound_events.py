"""The ticketing platform hears of everything, whatever dies on the way."""

import threading
from collections.abc import Iterator

import pytest
import redis as redis_py

from tests.outbound.post_office import Receiver, Verdict, id_of
from tests.sandbox.listener import Delivery
from tests.system.system import System

PATIENCE = 90.0
BOTH = ["charge.succeeded", "order.completed"]


@pytest.fixture
def receiver(system: System) -> Iterator[Receiver]:
    """An endpoint of the platform's, for one test."""
    listening = Receiver()
    with listening:
        made = system.post(
            "/v1/webhook-endpoints",
            "webhook-endpoint",
            {"url": listening.url},
            scope="orders:write",
        )
        assert made.status_code == 201, made.text
        yield listening
        link = made.json()["data"]["links"]["self"]
        assert system.delete(link, scope="orders:write").status_code == 200


def heard_of(receiver: Receiver, charges: int) -> dict[str, list[str]]:
    """Each order's events in the order in which they were taken, once all are there."""

    def taken() -> list[Delivery]:
        ids = {id_of(delivery) for delivery in receiver.accepted}
        return receiver.accepted if len(ids) >= 2 * charges else []

    receiver.wait_until(taken, PATIENCE)
    heard: dict[str, list[str]] = {}
    for delivery in receiver.accepted:
        event = delivery.event
        kinds = heard.setdefault(event["data"]["order"], [])
        kinds += [event["type"]] if event["type"] not in kinds else []
    return heard


def test_a_charge_is_told_without_anybody_asking(system: System, receiver: Receiver) -> None:
    system.settled(system.charge_new())

    heard = heard_of(receiver, 1)

    assert list(heard.values()) == [BOTH]


def test_a_worker_killed_during_a_delivery_leaves_it_to_be_sent_again_under_its_id(
    system: System, receiver: Receiver
) -> None:
    release = threading.Event()

    def hang_once(_: Delivery) -> Verdict:
        if len(receiver.deliveries) == 1:
            release.wait(30)
        return 200, {}

    receiver.judge = hang_once
    system.charge_new()
    receiver.wait_until(lambda: receiver.deliveries, PATIENCE)

    system.processes["outbound"].kill()
    release.set()
    system.processes["outbound"].start()
    heard = heard_of(receiver, 1)

    assert list(heard.values()) == [BOTH]
    first = id_of(receiver.deliveries[0])
    assert receiver.times()[first] == 2
    assert len({came.body for came in receiver.deliveries if id_of(came) == first}) == 1


def test_events_outlive_the_loss_of_all_redis(system: System, receiver: Receiver) -> None:
    system.processes["outbound"].stop()
    links = system.charge_many(20)
    assert {system.settled(link) for link in links} == {"succeeded"}
    client = redis_py.Redis.from_url(system.redis.url)
    system.until(lambda: client.llen("chargehand:outbound") > 0, "the relay published them")

    client.flushall()
    system.processes["outbound"].start()
    heard = heard_of(receiver, 20)

    assert list(heard.values()) == [BOTH] * 20
    client.close()


def test_an_endpoint_that_hangs_delays_neither_charges_nor_others(
    system: System, receiver: Receiver
) -> None:
    release, hanging = threading.Event(), Receiver()

    def hang(_: Delivery) -> Verdict:
        release.wait(60)
        return 200, {}

    hanging.judge = hang
    with hanging:
        attributes = {"url": hanging.url}
        made = system.post(
            "/v1/webhook-endpoints", "webhook-endpoint", attributes, scope="orders:write"
        )
        links = system.charge_many(20)
        settled = {system.settled(link) for link in links}
        heard = heard_of(receiver, 20)
        accepted = len(hanging.accepted)
        release.set()
        system.delete(made.json()["data"]["links"]["self"], scope="orders:write")

    assert settled == {"succeeded"}
    assert list(heard.values()) == [BOTH] * 20
    assert accepted == 0
