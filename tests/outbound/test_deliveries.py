"""An event reaches each endpoint that wants it, in its order's order, however often it fails."""

import base64
import hashlib
import hmac
import random
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from shared.db import unit_of_work
from shared.domain.outbound import (
    DELAYS,
    FAILING_PATIENCE,
    MOST_AT_ONCE,
    MOST_WHILE_FAILING,
    Answer,
    OutboundType,
)
from shared.outbound.signing import new_secret
from shared.repository import endpoints
from tests.outbound.post_office import PostOffice, Receiver, Verdict, id_of
from tests.sandbox.listener import Delivery
from worker import outbound

SUCCEEDED, COMPLETED = OutboundType.CHARGE_SUCCEEDED, OutboundType.ORDER_COMPLETED
ACTION, FAILED = OutboundType.CHARGE_REQUIRES_ACTION, OutboundType.CHARGE_FAILED


def test_an_event_arrives_signed_under_its_own_id(office: PostOffice) -> None:
    order = office.order()

    with office.receiver() as receiver:
        office.announce(order, SUCCEEDED)
        office.run()

    (came,) = receiver.deliveries
    headers = {name.lower(): value for name, value in came.headers.items()}
    (identifier,) = office.sql("SELECT identifier FROM outbound_events")[0]
    assert valid_signatures(office, receiver) == [True]
    assert headers["webhook-id"] == str(identifier)
    assert headers["webhook-timestamp"] == str(int(office.clock().timestamp()))
    assert headers["content-type"] == "application/json"
    assert came.event == {
        "type": "charge.succeeded",
        "timestamp": office.clock().isoformat(),
        "data": {"order": order},
    }


def test_an_endpoint_hears_only_of_what_it_asked_for(office: PostOffice) -> None:
    with office.receiver("order.completed") as some, office.receiver() as everything:
        office.announce(office.order(), SUCCEEDED, COMPLETED)
        office.run()

    assert some.told() == ["order.completed"]
    assert everything.told() == ["charge.succeeded", "order.completed"]


def test_the_events_of_an_order_arrive_in_its_order_however_often_they_fail(
    office: PostOffice,
) -> None:
    chance = random.Random(3)  # noqa: S311 a seeded fault
    orders = [office.order() for _ in range(12)]

    with office.receiver() as receiver:
        receiver.judge = lambda _: (200 if chance.random() < 0.6 else 500, {})
        for kind in (ACTION, SUCCEEDED, COMPLETED):
            for order in orders:
                office.announce(order, kind)
            office.run()
        office.run_for(timedelta(days=20))

    came = defaultdict[int, list[str]](list)
    for delivery in receiver.accepted:
        came[delivery.event["data"]["order"]].append(delivery.event["type"])
    assert dict(came) == {order: [ACTION, SUCCEEDED, COMPLETED] for order in orders}
    assert len(receiver.deliveries) > len(receiver.accepted)


def test_a_later_event_is_not_tried_while_an_earlier_one_waits(office: PostOffice) -> None:
    with office.receiver() as receiver:
        receiver.status = 503
        office.announce(office.order(), SUCCEEDED, COMPLETED)
        office.run_for(timedelta(hours=1))

    assert {delivery.event["type"] for delivery in receiver.deliveries} == {"charge.succeeded"}


def test_an_order_does_not_wait_for_another_one(office: PostOffice) -> None:
    stuck, other = office.order(), office.order()

    with office.receiver() as receiver:
        receiver.judge = lambda came: (500 if came.event["data"]["order"] == stuck else 200, {})
        office.announce(stuck, SUCCEEDED, COMPLETED)
        office.announce(other, SUCCEEDED, COMPLETED)
        office.run()

    assert [came.event["data"]["order"] for came in receiver.accepted] == [other, other]


def test_an_endpoint_does_not_wait_for_another_one(office: PostOffice) -> None:
    with office.receiver() as broken, office.receiver() as sound:
        broken.status = 500
        office.announce(office.order(), SUCCEEDED, COMPLETED)
        office.run()

    assert sound.told() == ["charge.succeeded", "order.completed"]
    assert broken.told() == []


def test_what_is_sent_again_has_the_same_id_and_the_same_bytes(office: PostOffice) -> None:
    with office.receiver() as receiver:
        receiver.status = 500
        office.announce(office.order(), SUCCEEDED)
        office.run_for(timedelta(hours=3))
        receiver.status = 204
        office.run_for(timedelta(days=1))

    assert len(receiver.deliveries) == 6
    assert len({(id_of(came), came.body) for came in receiver.deliveries}) == 1
    assert len({came.headers["webhook-timestamp"] for came in receiver.deliveries}) == 6
    assert office.statuses() == {"delivered": 1}


def test_tries_follow_the_table_of_delays(office: PostOffice) -> None:
    with office.receiver() as receiver:
        receiver.status = 500
        office.announce(office.order(), SUCCEEDED)
        office.run_for(timedelta(days=1))

    rows = office.sql("SELECT started_at FROM outbound_attempts ORDER BY id")
    waits = [later[0] - earlier[0] for earlier, later in pairwise(rows)]
    assert waits == [delay * 1.1 for delay in DELAYS[: len(waits)]]
    assert len(waits) == 6
    assert timedelta(days=3) < sum(DELAYS, timedelta(0)) < timedelta(days=3.5)


def test_an_endpoint_that_is_down_for_three_days_is_disabled_and_told_of(
    office: PostOffice,
) -> None:
    with office.receiver() as receiver, capture_logs() as logs:
        receiver.status = 500
        office.announce(office.order(), SUCCEEDED, COMPLETED)
        office.run_for(FAILING_PATIENCE - timedelta(hours=1))
        before = office.status(receiver.endpoint_id)
        office.run_for(timedelta(days=2))
        tried = len(receiver.deliveries)
        office.run_for(timedelta(days=30))

    assert before == ("enabled", None)
    assert office.status(receiver.endpoint_id) == (
        "disabled",
        "every try has failed for 3 days",
    )
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["endpoint.disabled"]
    assert len(receiver.deliveries) == tried
    assert office.statuses() == {"pending": 2}


def test_enabling_an_endpoint_sends_all_that_it_is_owed(office: PostOffice) -> None:
    first, second = office.order(), office.order()

    with office.receiver() as receiver:
        receiver.status = 500
        office.announce(first, SUCCEEDED, COMPLETED)
        office.run_for(timedelta(days=5))
        office.announce(second, ACTION, SUCCEEDED)
        office.run_for(timedelta(days=5))
        receiver.status = 200
        office.enable(receiver.endpoint_id)
        office.run()

    came = [
        (delivery.event["data"]["order"], delivery.event["type"]) for delivery in receiver.accepted
    ]
    assert [kind for order, kind in came if order == first] == [SUCCEEDED, COMPLETED]
    assert [kind for order, kind in came if order == second] == [ACTION, SUCCEEDED]
    assert office.statuses() == {"delivered": 4}
    assert office.status(receiver.endpoint_id) == ("enabled", None)


def test_an_endpoint_that_is_gone_is_disabled_at_once(office: PostOffice) -> None:
    with office.receiver() as receiver:
        receiver.status = 410
        office.announce(office.order(), SUCCEEDED)
        office.run_for(timedelta(days=1))

    assert len(receiver.deliveries) == 1
    assert office.status(receiver.endpoint_id) == ("disabled", "it answered 410 Gone")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_a_success(office: PostOffice, status: int) -> None:
    with office.receiver() as receiver:
        receiver.status = status
        office.announce(office.order(), SUCCEEDED)
        office.run_for(timedelta(days=1))

    assert len(receiver.deliveries) == 1
    assert office.statuses() == {"delivered": 1}


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_a_failure_that_nobody_follows(office: PostOffice, status: int) -> None:
    with office.receiver() as receiver, Receiver() as elsewhere:
        receiver.judge = lambda _: (status, {"Location": elsewhere.url})
        office.announce(office.order(), SUCCEEDED)
        office.run()

    assert elsewhere.deliveries == []
    assert office.sql("SELECT status_code FROM outbound_attempts") == [(status,)]
    assert office.statuses() == {"pending": 1}


def test_retry_after_is_never_undercut(office: PostOffice) -> None:
    with office.receiver() as receiver:
        receiver.judge = lambda _: (429, {"Retry-After": "3600"})
        office.announce(office.order(), SUCCEEDED)
        office.run_for(timedelta(minutes=59))
        early = len(receiver.deliveries)
        office.run_for(timedelta(minutes=2))

    assert early == 1
    assert len(receiver.deliveries) == 2


def test_an_event_that_alone_is_refused_is_given_up_and_lets_the_next_pass(
    office: PostOffice,
) -> None:
    order = office.order()

    def judge(came: Delivery) -> Verdict:
        return 422 if came.event["type"] == ACTION else 200, {}

    with office.receiver() as receiver:
        receiver.judge = judge
        office.announce(order, ACTION, SUCCEEDED)
        for _ in range(8):
            office.announce(office.order(), COMPLETED)
            office.run_for(timedelta(hours=12))

    assert office.statuses() == {"given_up": 1, "delivered": 9}
    assert SUCCEEDED in receiver.told()
    assert office.status(receiver.endpoint_id) == ("enabled", None)


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
    held = []

    class Watching:
        """Looks at the pool during the call."""

        def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
            del url, headers, body
            held.append(office.deps.engine.pool.checkedout())  # type: ignore[attr-defined]
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


def test_a_disabled_endpoint_costs_the_relay_nothing(office: PostOffice) -> None:
    with office.receiver() as receiver:
        query = "UPDATE outbound_endpoints SET status = 'disabled', disabled_reason = 'test'"
        office.sql(query)
        office.announce(office.order(), SUCCEEDED)

        messages = office.run()

    assert messages == 0
    assert receiver.deliveries == []


def test_after_a_rotation_both_secrets_sign_for_a_day(office: PostOffice) -> None:
    order, signatures = office.order(), []

    with office.receiver() as receiver:
        with unit_of_work(office.deps.engine) as connection:
            sealed = office.deps.vault.seal(new_secret())
            endpoints.rotate_secret(connection, receiver.endpoint_id, sealed, office.clock())
        for _ in range(2):
            office.announce(order, ACTION)
            office.run()
            signatures.append(valid_signatures(office, receiver))
            office.clock.now += timedelta(hours=24, seconds=1)

    assert signatures == [[True, True], [True, False]]


def valid_signatures(office: PostOffice, receiver: Receiver) -> list[bool]:
    """Whether the last delivery is signed by each secret, the newest first."""
    came = receiver.deliveries[-1]
    headers = {name.lower(): value for name, value in came.headers.items()}
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + came.body
    given = headers["webhook-signature"].split(" ")
    keys = [base64.b64decode(secret[6:]) for secret in office.secrets(receiver.endpoint_id)]
    macs = [hmac.new(key, signed, hashlib.sha256).digest() for key in keys]
    return [f"v1,{base64.b64encode(mac).decode()}" in given for mac in macs]


def test_a_message_that_comes_before_its_time_sends_nothing(office: PostOffice) -> None:
    with office.receiver() as receiver:
        receiver.status = 500
        office.announce(office.order(), SUCCEEDED)
        (delivery,) = office.due()
        outbound.deliver(office.deps, delivery)

        outbound.deliver(office.deps, delivery)

    assert len(receiver.deliveries) == 1


def test_enabling_an_endpoint_neither_waits_for_its_delays_nor_goes_on_counting_them(
    office: PostOffice,
) -> None:
    with office.receiver() as receiver:
        receiver.status = 500
        office.announce(office.order(), SUCCEEDED)
        office.run_for(timedelta(days=2))
        with unit_of_work(office.deps.engine) as connection:
            endpoints.disable(connection, receiver.endpoint_id, "by request", office.clock())
        tried = len(receiver.deliveries)
        office.enable(receiver.endpoint_id)
        office.run()
        again = len(receiver.deliveries)
        office.run_for(timedelta(days=2))

    assert again == tried + 1
    assert office.statuses() == {"pending": 1}
    assert len(receiver.deliveries) == 2 * tried
