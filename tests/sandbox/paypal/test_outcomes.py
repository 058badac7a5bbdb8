"""Payers and amounts that decide what becomes of a capture."""

import pytest
from paypalrestsdk.exceptions import ResourceInvalid

from sandbox.client import ControlError
from sandbox.paypal.personas import MAGIC_CENTS, PERSONAS, Captured, Refused, Verdict
from tests.sandbox.paypal.shop import Shop, capture_in, issue_of


def outcome(shop: Shop, order_id: str) -> Verdict:
    """Capture, then say what happened in the words of the table."""
    try:
        order = shop.capture(order_id)
    except ResourceInvalid as refused:
        return Refused(issue_of(refused))
    capture = capture_in(order)
    assert order["status"] == "COMPLETED"
    return Captured(capture["status"], capture.get("status_details", {}).get("reason"))


@pytest.mark.parametrize("payer", sorted(PERSONAS))
def test_a_payer_does_what_the_table_says(shop: Shop, payer: str) -> None:
    order_id = shop.approved(payer=payer)

    happened = outcome(shop, order_id)

    assert happened == PERSONAS[payer]


@pytest.mark.parametrize("cents", sorted(MAGIC_CENTS))
def test_a_magic_amount_does_what_the_table_says(shop: Shop, cents: int) -> None:
    order_id = shop.approved(f"9001.{cents:02}")

    happened = outcome(shop, order_id)

    assert happened == MAGIC_CENTS[cents]


def test_an_unknown_payer_cannot_approve(shop: Shop) -> None:
    order_id = shop.create()["id"]

    with pytest.raises(ControlError, match="INVALID_PARAMETER_VALUE"):
        shop.control.approve_paypal(order_id, payer="nobody")


def test_only_completed_captures_reach_the_ledger(shop: Shop) -> None:
    pending = shop.captured(payer="risk-review", custom_id="a")
    shop.captured(payer="capture-declined", custom_id="b")

    before = shop.control.charged()
    shop.control.settle_paypal(pending["id"])

    assert before == {}
    assert shop.control.charged() == {"a": 1}


def test_a_pending_capture_may_be_denied_in_the_end(shop: Shop) -> None:
    pending = shop.captured(payer="echeck-pending")

    shop.control.settle_paypal(pending["id"], "declined")

    assert shop.get_capture(pending["id"])["status"] == "DECLINED"
    assert [e["event_type"] for e in shop.events()][:2] == [
        "PAYMENT.CAPTURE.DENIED",
        "CHECKOUT.ORDER.COMPLETED",
    ]


def test_an_outcome_nobody_knows_is_refused(shop: Shop) -> None:
    pending = shop.captured(payer="echeck-pending")

    with pytest.raises(ControlError, match="outcome is one of completed, declined") as refused:
        shop.control.settle_paypal(pending["id"], "succeeded")

    assert refused.value.status == 400


def test_a_capture_settles_only_once(shop: Shop) -> None:
    capture = shop.captured()

    with pytest.raises(ControlError, match="INVALID_CAPTURE_STATUS"):
        shop.control.settle_paypal(capture["id"], "declined")


@pytest.mark.parametrize(("then", "status"), [("succeeded", "COMPLETED"), ("failed", "DECLINED")])
def test_a_fault_rule_makes_a_pending_capture_settle_by_itself(
    shop: Shop, then: str, status: str
) -> None:
    settles = {"reason": "ECHECK", "then": then, "after": 3600}
    shop.control.fault("pending_capture", "/capture$", match={"custom_id": "ch_1"}, **settles)
    order_id = shop.approved(custom_id="ch_1")

    pending = capture_in(shop.capture(order_id))
    shop.control.advance(3601)

    assert pending["status_details"]["reason"] == "ECHECK"
    assert shop.get_capture(pending["id"])["status"] == status


def test_a_pending_event_hides_the_order_behind_the_up_link(shop: Shop) -> None:
    order_id = shop.approved(payer="echeck-pending", custom_id="ch_1")

    shop.capture(order_id)

    (event,) = shop.events("PAYMENT.CAPTURE.PENDING")
    resource = event["resource"]
    assert "supplementary_data" not in resource
    assert resource["custom_id"] == "ch_1"
    up = next(link["href"] for link in resource["links"] if link["rel"] == "up")
    assert up.endswith(f"/v2/checkout/orders/{order_id}")
