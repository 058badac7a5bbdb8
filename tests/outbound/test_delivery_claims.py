"""A delivery is in one hand at a time, and no hand holds what others need."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.pool import QueuePool
from structlog.testing import capture_logs

from shared.db import unit_of_work
from shared.domain.outbound import (
    MOST_AT_ONCE,
    MOST_WHILE_FAILING,
    Answer,
    OutboundType,
)
from shared.repository import endpoints
from tests.outbound.post_office import PostOffice
from worker import outbound

SUCCEEDED, COMPLETED = OutboundType.CHARGE_SUCCEEDED, OutboundType.ORDER_COMPLETED
ACTION, FAILED = OutboundType.CHARGE_REQUIRES_ACTION, OutboundType.CHARGE_FAILED


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
        for row in office.sql(
            "SELECT id FROM outbound_deliveries WHERE endpoint_id = :id LIMIT :most",
            id=hanging.endpoint_id,
            most=most,
        ):
            office.claim(row[0])
        office.run()

    assert hanging.deliveries == []
    assert len(sound.accepted) == 40


def test_a_message_that_comes_before_its_time_sends_nothing(office: PostOffice) -> None:
    with office.receiver() as receiver:
        receiver.status = 500
        office.announce(office.order(), SUCCEEDED)
        (delivery,) = office.due()
        outbound.deliver(office.deps, delivery)

        outbound.deliver(office.deps, delivery)

    assert len(receiver.deliveries) == 1
