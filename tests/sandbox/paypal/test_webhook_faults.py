"""Webhooks as they come on a bad day, each caught by the step of the verifier it is meant for."""

from typing import Any

import pytest

from tests.sandbox.listener import Listener
from tests.sandbox.paypal.shop import Shop
from tests.sandbox.paypal.verifier import RefusedError, verify

WEBHOOK_ID = "5GP028458E2496506"
CAPTURED = "PAYMENT.CAPTURE.COMPLETED"


@pytest.fixture
def heard(shop: Shop, listener: Listener) -> Listener:
    wish = {"url": listener.url, "id": WEBHOOK_ID, "event_types": [CAPTURED]}
    shop.control.post("/paypal/webhooks", wish)
    return listener


def check(shop: Shop, listener: Listener, index: int = -1) -> None:
    delivery, root = listener.deliveries[index], shop.control.paypal_ca()
    verify(delivery.headers, delivery.body, WEBHOOK_ID, root, shop.url)


def spoiled(shop: Shop, heard: Listener, fault: str, **arguments: Any) -> None:
    """Have one capture told under a fault."""
    shop.control.fault(fault, op=CAPTURED, **arguments)
    shop.captured()
    heard.wait_until(lambda: heard.deliveries)


@pytest.mark.parametrize(
    ("fault", "caught_by"),
    [
        ("webhook_wrong_webhook_id", "signature"),
        ("webhook_wrong_secret", "signature"),
        ("webhook_reserialised", "signature"),
        ("webhook_non_ascii_header", "signature"),
        ("webhook_cert_evil_host", "url"),
        ("webhook_cert_redirect", "status"),
        ("webhook_cert_host_down", "unreachable"),
        ("webhook_cert_expired", "chain"),
        ("webhook_cert_self_signed", "chain"),
        ("webhook_cert_sha1", "algorithm"),
    ],
)
def test_a_forgery_is_caught_by_its_own_step(
    shop: Shop, heard: Listener, fault: str, caught_by: str
) -> None:
    spoiled(shop, heard, fault)

    with pytest.raises(RefusedError, match=caught_by):
        check(shop, heard)


@pytest.mark.parametrize(
    "fault",
    [
        "webhook_old_timestamp",
        "webhook_future_timestamp",
        "webhook_unknown_type",
        "webhook_oversized_body",
        "webhook_invalid_utf8",
        "webhook_cert_rotation",
    ],
)
def test_a_strange_delivery_is_nevertheless_genuine(
    shop: Shop, heard: Listener, fault: str
) -> None:
    spoiled(shop, heard, fault)

    check(shop, heard)


def test_after_a_rotation_old_deliveries_still_verify(shop: Shop, heard: Listener) -> None:
    shop.captured()
    heard.wait_until(lambda: heard.deliveries)
    shop.control.fault("webhook_cert_rotation", op=CAPTURED)

    shop.captured()
    heard.wait_until(lambda: heard.deliveries[1:])

    check(shop, heard, 0)
    check(shop, heard, 1)
    before, after = (d.headers["PAYPAL-CERT-URL"] for d in heard.deliveries)
    assert before != after


def test_a_certificate_address_may_be_chosen(shop: Shop, heard: Listener) -> None:
    spoiled(shop, heard, "webhook_cert_evil_host", url="http://127.0.0.1:1/steal")

    assert heard.deliveries[0].headers["PAYPAL-CERT-URL"] == "http://127.0.0.1:1/steal"


def test_a_stale_snapshot_shows_the_capture_before_it_settled(shop: Shop, heard: Listener) -> None:
    pending = shop.captured(payer="echeck-pending")
    shop.control.fault("webhook_stale_snapshot", op=CAPTURED)

    shop.control.settle_paypal(pending["id"])

    (delivery,) = heard.wait_until(lambda: heard.deliveries)
    check(shop, heard)
    assert delivery.event["resource"]["status"] == "PENDING"
    assert shop.get_capture(pending["id"])["status"] == "COMPLETED"


def test_a_dropped_event_is_never_delivered_but_listed(shop: Shop, heard: Listener) -> None:
    shop.control.fault("webhook_drop", op=CAPTURED)

    shop.captured()

    (row,) = shop.control.deliveries()
    assert (row["state"], row["attempts"]) == ("dropped", [])
    assert len(shop.events(CAPTURED)) == 1
    assert heard.deliveries == []


def test_the_same_fact_may_come_under_two_ids(shop: Shop, heard: Listener) -> None:
    shop.control.fault("webhook_duplicate_new_id", op=CAPTURED)

    shop.captured()

    heard.wait_until(lambda: heard.deliveries[1:])
    first, second = (delivery.event for delivery in heard.deliveries)
    assert first["resource"] == second["resource"]
    assert first["id"] != second["id"]
    assert {event["id"] for event in shop.events(CAPTURED)} == {first["id"], second["id"]}


def test_an_event_may_come_before_the_answer(shop: Shop, heard: Listener) -> None:
    shop.control.fault("webhook_before_response", op=CAPTURED)

    shop.captured()

    assert [d.event["event_type"] for d in heard.deliveries] == [CAPTURED]
