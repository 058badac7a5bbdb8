"""What every adapter reads: a charge as it is now, or a webhook."""

from datetime import UTC, datetime

import pytest

from shared.domain import outcomes as o
from shared.domain.errors import ForgedWebhook
from shared.providers.base import Translation
from tests.contract.performing import AN_HOUR, perform
from tests.contract.rig import PRICE, Rig


def test_an_approved_charge_reads_the_same_later(rig: Rig) -> None:
    approved = perform(rig, rig.request())
    assert isinstance(approved, o.Approved)

    read = rig.adapter.fetch(approved.reference, None)

    assert read == approved


def test_a_read_without_an_answer_says_nothing(rig: Rig) -> None:
    approved = perform(rig, rig.request())
    assert isinstance(approved, o.Approved)

    assert isinstance(rig.stranded.fetch(approved.reference, None), o.Indeterminate)
    assert isinstance(rig.stranger.fetch(approved.reference, None), o.Misconfigured)


def test_a_genuine_webhook_is_verified_and_tells_of_the_charge(rig: Rig) -> None:
    request = rig.request()
    approved = perform(rig, request)
    assert isinstance(approved, o.Approved)
    delivery = rig.payment_event(request)

    event = rig.adapter.verify(delivery.headers, delivery.body)
    told = rig.adapter.translate(delivery.body, event.account)

    assert event.event_id
    assert not event.livemode
    assert abs(event.created_at - datetime.now(UTC)) < AN_HOUR
    assert isinstance(told.fact, o.Approved)
    assert (told.fact.reference, told.fact.money) == (approved.reference, PRICE)
    assert str(request.charge) in told.fact.our_references | told.our_references
    assert {approved.reference, approved.capture_reference} <= told.references


def test_a_changed_webhook_is_forged(rig: Rig) -> None:
    request = rig.request()
    perform(rig, request)
    delivery = rig.payment_event(request)
    cheaper = delivery.body.replace(b"19", b"18", 1)
    assert cheaper != delivery.body

    with pytest.raises(ForgedWebhook):
        rig.adapter.verify(delivery.headers, cheaper)


def test_a_webhook_without_its_headers_is_forged(rig: Rig) -> None:
    request = rig.request()
    perform(rig, request)
    delivery = rig.payment_event(request)

    with pytest.raises(ForgedWebhook):
        rig.adapter.verify({}, delivery.body)


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"null", b"[]", b"{}", b'{"object": []}', b"[" * 100_000]
)
def test_a_stored_event_of_any_shape_can_be_read(rig: Rig, body: bytes) -> None:
    assert rig.adapter.translate(body, None) == Translation(None)
