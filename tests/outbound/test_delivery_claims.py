"""A delivery is in one hand at a time, and no hand holds what others need."""

import random
import threading
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from time import sleep

import pytest
from sqlalchemy import text
from sqlalchemy.pool import QueuePool
from structlog.testing import capture_logs

from shared.db import unit_of_work
from shared.domain.outbound import (
    MOST_AT_ONCE,
    MOST_WHILE_FAILING,
    Answer,
    OutboundType,
)
from shared.repository import deliveries, endpoints
from tests.outbound.post_office import PostOffice
from worker import outbound

SUCCEEDED, COMPLETED = OutboundType.CHARGE_SUCCEEDED, OutboundType.ORDER_COMPLETED
ACTION, FAILED = OutboundType.CHARGE_REQUIRES_ACTION, OutboundType.CHARGE_FAILED
_THAT_WAITS = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def test_a_message_delivered_many_times_at_once_sends_the_event_once(office: PostOffice) -> None:
    with office.receiver() as receiver:
        office.announce(office.order(), SUCCEEDED)
        (delivery,) = office.due()
        hands = [
            threading.Thread(target=outbound.deliver, args=(office.deps, delivery))
            for _ in range(8)
        ]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()

    assert list(receiver.times().values()) == [1]


def test_no_commit_under_an_endpoints_lock_waits_for_the_disk(office: PostOffice) -> None:
    waits, now = text("SHOW synchronous_commit"), office.clock()
    with office.receiver():
        office.announce(office.order(), SUCCEEDED)
        (delivery,) = office.due()
        with unit_of_work(office.deps.engine) as connection:
            deliveries.lock_waiting(connection, delivery, now)
            claiming = connection.execute(waits).scalar_one()
        with unit_of_work(office.deps.engine) as connection:
            deliveries.record_answer(connection, delivery, 1, Answer(204), now)
            settling = connection.execute(waits).scalar_one()

    assert (claiming, settling) == ("off", "off")


def test_a_worker_that_dies_with_a_delivery_has_a_successor(office: PostOffice) -> None:
    with office.receiver() as receiver:
        office.announce(office.order(), SUCCEEDED)
        (delivery,) = office.due()
        office.claim(delivery)
        office.run()
        early = len(receiver.deliveries)
        office.run_for(timedelta(minutes=1))

    assert early == 0
    assert len(receiver.deliveries) == 1
    attempts = office.sql("SELECT number, status_code FROM outbound_attempts ORDER BY number")
    assert attempts == [(1, None), (2, 200)]


def test_what_a_worker_learned_too_late_is_refused(office: PostOffice) -> None:
    class Slow:
        """Answers after its claim was taken over, and its successor was told no."""

        def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
            del url, headers, body
            office.clock.now += timedelta(minutes=1)
            outbound.deliver(office.deps, delivery)
            return Answer(200)

    with office.receiver() as receiver, capture_logs() as logs:
        receiver.status = 500
        office.announce(office.order(), SUCCEEDED)
        (delivery,) = office.due()
        outbound.deliver(replace(office.deps, courier=Slow()), delivery)

    assert "claim.lost" in [line["event"] for line in logs]
    assert office.statuses() == {"pending": 1}


def test_an_answer_that_waited_for_the_endpoint_sees_that_its_claim_was_taken_over(
    office: PostOffice,
) -> None:
    now = office.clock()
    with office.receiver(), ThreadPoolExecutor(1) as hands:
        office.announce(office.order(), SUCCEEDED)
        (delivery,) = office.due()
        office.claim(delivery)
        with unit_of_work(office.deps.engine) as successor:
            assert deliveries.lock_waiting(successor, delivery, now)
            late = hands.submit(_answer, office, delivery, claim_number=1)
            while not office.sql(_THAT_WAITS):
                sleep(0.01)
            deliveries.claim(successor, delivery, now=now, until=now + timedelta(minutes=1))

        assert late.result() is None


def test_a_message_for_an_endpoint_that_was_disabled_meanwhile_sends_nothing(
    office: PostOffice,
) -> None:
    with office.receiver() as receiver:
        office.announce(office.order(), SUCCEEDED)
        (delivery,) = office.due()
        with unit_of_work(office.deps.engine) as connection:
            endpoints.disable(connection, receiver.endpoint_id, "by request", office.clock())
        outbound.deliver(office.deps, delivery)

    assert receiver.deliveries == []
    assert office.statuses() == {"pending": 1}


def test_no_connection_is_held_while_an_event_is_on_the_wire(office: PostOffice) -> None:
    held, pool = [], office.deps.engine.pool

    class Watching:
        """Looks at the pool during the call."""

        def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
            del url, headers, body
            assert isinstance(pool, QueuePool)
            held.append(pool.checkedout())
            return Answer(200)

    office.endpoint("http://127.0.0.1:9/")
    office.announce(office.order(), SUCCEEDED)
    (delivery,) = office.due()
    outbound.deliver(replace(office.deps, courier=Watching()), delivery)

    assert held == [0]


@pytest.mark.parametrize(
    ("is_failing", "most"), [(False, MOST_AT_ONCE), (True, MOST_WHILE_FAILING)]
)
def test_an_endpoint_that_hangs_holds_no_more_than_its_share(
    office: PostOffice, *, is_failing: bool, most: int
) -> None:
    with office.receiver() as hanging, office.receiver() as sound:
        if is_failing:
            with unit_of_work(office.deps.engine) as connection:
                endpoints.note_failure(connection, hanging.endpoint_id, office.clock())
        for _ in range(40):
            office.announce(office.order(), FAILED)
        query = "SELECT id FROM outbound_deliveries WHERE endpoint_id = :id ORDER BY id"
        owed = [row[0] for row in office.sql(query, id=hanging.endpoint_id)]
        for delivery in owed[:most]:
            office.claim(delivery)
        messages = office.run()
        for delivery in owed[most:]:  # as if they had been told before the others hung
            outbound.deliver(office.deps, delivery)

    assert messages == len(sound.accepted) == 40
    assert hanging.deliveries == []


def test_a_message_that_comes_before_its_time_sends_nothing(office: PostOffice) -> None:
    with office.receiver() as receiver:
        receiver.status = 500
        office.announce(office.order(), SUCCEEDED)
        (delivery,) = office.due()
        outbound.deliver(office.deps, delivery)

        outbound.deliver(office.deps, delivery)

    assert len(receiver.deliveries) == 1


def test_many_hands_at_once_keep_every_order_in_its_order(office: PostOffice) -> None:
    chance = random.Random(5)  # noqa: S311 a seeded fault
    orders = [office.order() for _ in range(10)]
    kinds = (ACTION, SUCCEEDED, COMPLETED)

    with office.receiver() as receiver, ThreadPoolExecutor(8) as hands:
        receiver.judge = lambda _: (200 if chance.random() < 0.7 else 500, {})
        for kind in kinds:
            for order in orders:
                office.announce(order, kind)
        while office.statuses()["pending"]:
            due = office.due() * 2
            list(hands.map(lambda delivery: outbound.deliver(office.deps, delivery), due))
            if not due:
                office.clock.now = office.next_due() or office.clock.now

    came = defaultdict[int, list[str]](list)
    for delivery in receiver.accepted:
        came[delivery.event["data"]["order"]].append(delivery.event["type"])
    assert dict(came) == {order: list(kinds) for order in orders}


def test_events_told_while_an_endpoint_is_switched_are_all_owed_to_it(office: PostOffice) -> None:
    orders = [office.order() for _ in range(40)]

    with office.receiver() as receiver, ThreadPoolExecutor(4) as hands:
        told = [hands.submit(office.announce, order, SUCCEEDED) for order in orders]
        for _ in range(10):
            with unit_of_work(office.deps.engine) as connection:
                endpoints.disable(connection, receiver.endpoint_id, "by request", office.clock())
            office.run()
            office.enable(receiver.endpoint_id)
            office.run()
        for one in told:
            one.result()
        office.run_for(timedelta(minutes=5))

    assert sorted(came.event["data"]["order"] for came in receiver.accepted) == orders


def _answer(
    office: PostOffice, delivery: int, *, claim_number: int
) -> deliveries.StandingClaim | None:
    with unit_of_work(office.deps.engine) as connection:
        answer = Answer(200)
        return deliveries.record_answer(connection, delivery, claim_number, answer, office.clock())
