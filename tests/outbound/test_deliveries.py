"""An event reaches each endpoint that wants it, signed, in its order's order."""

import base64
import hashlib
import hmac
import random
from collections import defaultdict
from datetime import timedelta

from shared.db import unit_of_work
from shared.domain.outbound import (
    OutboundType,
)
from shared.outbound.signing import new_secret
from shared.repository import endpoints
from tests.outbound.post_office import PostOffice, Receiver

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
