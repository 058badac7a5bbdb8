"""Webhooks as the sandbox sends them: genuine, strange or forged."""

import json

import pytest

from shared.domain import outcomes as o
from shared.domain.errors import ForgedWebhook
from shared.domain.money import Money
from shared.domain.refund import RefundFact
from shared.providers.base import DisputeFact, Translation
from tests.contract.rig import Delivery
from tests.contract.stripe_rig import StripeRig
from tests.contract.stripe_wire import PRICE


def paid(stripe: StripeRig) -> tuple[str, o.Approved]:
    request = stripe.request()
    call = stripe.adapter.freeze(request)
    outcome = stripe.adapter.perform(call, request.instrument, f"chg-{request.charge}-1")
    assert isinstance(outcome, o.Approved)
    return str(request.charge), outcome


def arrives(stripe: StripeRig, kind: str) -> Translation:
    def fits(delivery: Delivery) -> bool:
        return bool(json.loads(delivery.body)["type"] == kind)

    delivery = stripe.mailbox.wait_for(fits)
    told = stripe.adapter.verify(delivery.headers, delivery.body)
    return stripe.adapter.translate(delivery.body, told.account)


def test_a_refund_of_the_dashboard_arrives(stripe: StripeRig) -> None:
    _, approved = paid(stripe)

    stripe.control.dashboard_refund(approved.reference, 500)

    for kind in ("refund.created", "charge.refunded"):
        fact = arrives(stripe, kind).fact
        assert isinstance(fact, RefundFact)
        assert fact.capture_reference == approved.capture_reference
        assert (fact.money, fact.status) == (Money(500, "USD"), "succeeded")


def test_a_dispute_arrives_until_it_is_lost(stripe: StripeRig) -> None:
    _, approved = paid(stripe)

    dispute = stripe.control.dispute(approved.capture_reference)
    opened = arrives(stripe, "charge.dispute.created").fact
    stripe.control.close_dispute(dispute["id"], "lost")
    closed = arrives(stripe, "charge.dispute.closed").fact

    assert isinstance(opened, DisputeFact)
    assert isinstance(closed, DisputeFact)
    assert (opened.status, closed.status) == ("open", "lost")
    assert opened.dispute_reference == closed.dispute_reference == dispute["id"]


@pytest.mark.parametrize(
    ("fault", "arguments"),
    [
        ("webhook_stale_snapshot", {}),
        ("webhook_old_api_version", {"api_version": "2019-02-11"}),
        ("webhook_two_v1", {}),
    ],
)
def test_a_strange_but_genuine_event_tells_of_the_money(
    stripe: StripeRig, fault: str, arguments: dict[str, object]
) -> None:
    stripe.control.fault(fault, "payment_intent.succeeded", provider="stripe", **arguments)

    charge, approved = paid(stripe)
    told = arrives(stripe, "payment_intent.succeeded")

    assert isinstance(told.fact, o.Approved)
    assert (told.fact.money, told.fact.reference) == (PRICE, approved.reference)
    assert charge in told.fact.our_references


FORGERIES = [
    "webhook_wrong_secret",
    "webhook_old_timestamp",
    "webhook_future_timestamp",
    "webhook_v0_only",
    "webhook_non_ascii_header",
    "webhook_oversized_body",
    "webhook_invalid_utf8",
    "webhook_thin_event",
    "webhook_wrong_livemode",
]


@pytest.mark.parametrize("fault", FORGERIES)
def test_no_forgery_that_the_sandbox_knows_passes(stripe: StripeRig, fault: str) -> None:
    stripe.control.fault(fault, provider="stripe", times=None)

    paid(stripe)
    delivery = stripe.mailbox.wait_for(lambda _: True)

    with pytest.raises(ForgedWebhook):
        stripe.adapter.verify(delivery.headers, delivery.body)
