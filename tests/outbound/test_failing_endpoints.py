"""What an endpoint answers decides when it hears again, or whether it does."""

from datetime import timedelta
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from shared.db import unit_of_work
from shared.domain.outbound import (
    DELAYS,
    FAILING_PATIENCE,
    OutboundType,
)
from shared.repository import endpoints
from tests.outbound.post_office import PostOffice, Receiver, Verdict, id_of
from tests.sandbox.listener import Delivery

SUCCEEDED, COMPLETED = OutboundType.CHARGE_SUCCEEDED, OutboundType.ORDER_COMPLETED
ACTION, FAILED = OutboundType.CHARGE_REQUIRES_ACTION, OutboundType.CHARGE_FAILED


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


def test_a_disabled_endpoint_costs_the_relay_nothing(office: PostOffice) -> None:
    with office.receiver() as receiver:
        query = "UPDATE outbound_endpoints SET status = 'disabled', disabled_reason = 'test'"
        office.sql(query)
        office.announce(office.order(), SUCCEEDED)

        messages = office.run()

    assert messages == 0
    assert receiver.deliveries == []


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
