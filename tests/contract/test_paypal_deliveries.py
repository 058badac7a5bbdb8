"""Which of the sandbox's deliveries are PayPal's."""

from datetime import UTC, datetime

import pytest

from shared.domain.errors import ForgedWebhook, SignatureUnverifiable
from shared.providers.base import (
    Translation,
)
from tests.contract.mailbox import Mailbox
from tests.contract.paypal_buyers import perform
from tests.contract.paypal_rig import PayPalRig
from tests.contract.rig import Delivery


@pytest.fixture
def paypal(sandbox_url: str, mailbox: Mailbox) -> PayPalRig:
    return PayPalRig(sandbox_url, mailbox)


def deliver(paypal: PayPalRig, fault: str) -> Delivery:
    """The webhook of one capture, with a fault in it."""
    request = paypal.request()
    paypal.control.fault(fault, "PAYMENT.CAPTURE.COMPLETED", provider="paypal")
    perform(paypal, request)
    assert paypal.mailbox
    return paypal.mailbox.wait_for(
        lambda delivery: b'"resource_type":"capture"' in delivery.body.replace(b": ", b":")
    )


@pytest.mark.parametrize(
    "fault",
    [
        "webhook_wrong_secret",
        "webhook_wrong_webhook_id",
        "webhook_cert_evil_host",
        "webhook_cert_redirect",
        "webhook_cert_expired",
        "webhook_cert_self_signed",
        "webhook_cert_sha1",
        "webhook_reserialised",
        "webhook_invalid_utf8",
    ],
)
def test_a_spoiled_delivery_is_forged(paypal: PayPalRig, fault: str) -> None:
    delivery = deliver(paypal, fault)

    with pytest.raises(ForgedWebhook):
        paypal.adapter.verify(delivery.headers, delivery.body)


def test_a_certificate_host_that_is_down_is_no_forgery(paypal: PayPalRig) -> None:
    delivery = deliver(paypal, "webhook_cert_host_down")

    with pytest.raises(SignatureUnverifiable):
        paypal.adapter.verify(delivery.headers, delivery.body)


@pytest.mark.parametrize(
    "fault",
    ["webhook_cert_rotation", "webhook_old_timestamp", "webhook_future_timestamp"],
)
def test_a_new_certificate_and_an_old_delivery_are_genuine(paypal: PayPalRig, fault: str) -> None:
    delivery = deliver(paypal, fault)

    event = paypal.adapter.verify(delivery.headers, delivery.body)

    assert event.event_type == "PAYMENT.CAPTURE.COMPLETED"
    assert event.created_at.tzinfo is UTC
    assert event.created_at <= datetime.now(UTC)


def test_an_unknown_type_is_genuine_and_says_nothing(paypal: PayPalRig) -> None:
    delivery = deliver(paypal, "webhook_unknown_type")

    event = paypal.adapter.verify(delivery.headers, delivery.body)

    assert event.event_type == "PAYMENT.CAPTURE.TELEPORTED"
    assert paypal.adapter.translate(delivery.body, None) == Translation(None)
