"""Webhook deliveries, checked by a verifier that shares no code with the sandbox."""

from typing import Any

import pytest
from paypalrestsdk.exceptions import ResourceNotFound

from sandbox.client import SandboxControl
from sandbox.paypal.courier import PayPalCourier
from tests.sandbox.listener import Delivery, Listener
from tests.sandbox.paypal.shop import Shop, issue_of
from tests.sandbox.paypal.verifier import RefusedError, verify

DAY = 86400.0
WEBHOOK_ID = "5GP028458E2496506"
CAPTURED = "PAYMENT.CAPTURE.COMPLETED"


@pytest.fixture
def heard(shop: Shop, listener: Listener) -> Listener:
    """A listener to captures under a webhook id of our choice."""
    wish = {"url": listener.url, "id": WEBHOOK_ID, "event_types": [CAPTURED]}
    shop.control.post("/paypal/webhooks", wish)
    return listener


def check(shop: Shop, delivery: Delivery, webhook_id: str = WEBHOOK_ID) -> None:
    verify(delivery.headers, delivery.body, webhook_id, shop.control.paypal_ca(), shop.url)


def only_delivery(control: SandboxControl) -> dict[str, Any]:
    (row,) = control.deliveries()
    return row


def test_a_genuine_delivery_passes_an_independent_verifier(shop: Shop, heard: Listener) -> None:
    capture = shop.captured(custom_id="ch_1")

    delivery = heard.wait_for(CAPTURED)

    check(shop, delivery)
    assert delivery.event["resource"]["id"] == capture["id"]
    assert delivery.headers["PAYPAL-AUTH-VERSION"] == "v2"
    assert delivery.headers["User-Agent"].startswith("PayPal/")


def test_one_changed_byte_breaks_the_signature(shop: Shop, heard: Listener) -> None:
    shop.captured()
    genuine = heard.wait_for(CAPTURED)

    forged = Delivery(genuine.headers, genuine.body.replace(b"10.00", b"90.00"))

    with pytest.raises(RefusedError, match="signature"):
        check(shop, forged)


def test_another_listeners_id_breaks_the_signature(shop: Shop, heard: Listener) -> None:
    shop.captured()

    delivery = heard.wait_for(CAPTURED)

    with pytest.raises(RefusedError, match="signature"):
        check(shop, delivery, webhook_id="ANOTHER")


def test_every_step_of_a_payment_is_told(shop: Shop, listener: Listener) -> None:
    shop.control.paypal_webhook(listener.url)
    capture = shop.captured()

    shop.refund(capture["id"])

    expected = {
        "CHECKOUT.ORDER.APPROVED",
        "PAYMENT.CAPTURE.COMPLETED",
        "CHECKOUT.ORDER.COMPLETED",
        "PAYMENT.CAPTURE.REFUNDED",
    }
    for event_type in sorted(expected):
        listener.wait_for(event_type)
    assert {d.event["event_type"] for d in listener.deliveries} == expected


def test_a_listener_hears_only_what_it_asked_for(shop: Shop, listener: Listener) -> None:
    wanted = {"url": listener.url, "event_types": [{"name": "PAYMENT.CAPTURE.REFUNDED"}]}
    webhook = shop.api.post("v1/notifications/webhooks", wanted)
    capture = shop.captured()

    shop.refund(capture["id"])

    delivery = listener.wait_for("PAYMENT.CAPTURE.REFUNDED")
    check(shop, delivery, webhook["id"])
    assert only_delivery(shop.control)["type"] == "PAYMENT.CAPTURE.REFUNDED"


def test_the_waits_between_25_retries_fill_three_days() -> None:
    waits = PayPalCourier.retry_delays

    assert len(waits) == 25
    assert sum(waits) == pytest.approx(3 * DAY)
    assert list(waits) == sorted(waits)


def test_a_delivery_refused_for_three_days_is_given_up(shop: Shop, heard: Listener) -> None:
    heard.status = 500
    shop.captured()
    heard.wait_for(CAPTURED)

    shop.control.advance(3 * DAY + 60)

    shop.control.wait_for(lambda control: only_delivery(control)["state"] == "abandoned")
    assert len(heard.deliveries) == 26
    assert len({d.event["id"] for d in heard.deliveries}) == 1
    assert len({d.headers["PAYPAL-TRANSMISSION-ID"] for d in heard.deliveries}) == 26


def test_a_retry_is_signed_anew_and_ends_with_a_2xx(shop: Shop, heard: Listener) -> None:
    heard.status = 503
    shop.captured()
    heard.wait_for(CAPTURED)
    heard.status = 204

    shop.control.advance(DAY)

    shop.control.wait_for(lambda control: only_delivery(control)["state"] == "delivered")
    check(shop, heard.deliveries[-1])


def test_a_listener_is_registered_once_per_address(shop: Shop, listener: Listener) -> None:
    wanted = {"url": listener.url, "event_types": [{"name": "*"}]}
    first = shop.api.post("v1/notifications/webhooks", wanted)

    again = shop.api.post("v1/notifications/webhooks", wanted)

    assert again["error"]["name"] == "WEBHOOK_URL_ALREADY_EXISTS"
    listed = shop.api.get("v1/notifications/webhooks")["webhooks"]
    assert [webhook["id"] for webhook in listed] == [first["id"]]


def test_a_deleted_listener_is_gone(shop: Shop, heard: Listener) -> None:
    shop.api.delete(f"v1/notifications/webhooks/{WEBHOOK_ID}")

    with pytest.raises(ResourceNotFound):
        shop.api.get(f"v1/notifications/webhooks/{WEBHOOK_ID}")

    shop.captured()
    assert shop.control.deliveries() == []
    assert heard.deliveries == []


def test_an_event_type_nobody_knows_cannot_be_asked_for(shop: Shop, listener: Listener) -> None:
    wanted = {"url": listener.url, "event_types": [{"name": "PAYMENT.CAPTURE.COMPLETD"}]}

    refused = shop.api.post("v1/notifications/webhooks", wanted)

    assert issue_of(refused) == "INVALID_PARAMETER_VALUE"
