"""Orders v2: what the payer and the merchant can do with one."""

import pytest
from paypalrestsdk.exceptions import ResourceInvalid, ResourceNotFound

from tests.sandbox.paypal.shop import Shop, capture_in, issue_of

HOUR = 3600.0


def test_an_approved_order_is_captured_with_the_merchants_references(shop: Shop) -> None:
    order_id = shop.approved("25.50", custom_id="ch_1", invoice_id="inv_1")

    order = shop.capture(order_id)

    capture = capture_in(order)
    assert (order["status"], capture["status"]) == ("COMPLETED", "COMPLETED")
    assert capture["amount"] == {"currency_code": "USD", "value": "25.50"}
    assert (capture["custom_id"], capture["invoice_id"]) == ("ch_1", "inv_1")
    assert capture["supplementary_data"]["related_ids"]["order_id"] == order_id


def test_the_default_answer_is_minimal_and_hides_the_capture(shop: Shop) -> None:
    order_id = shop.approved()

    answer = shop.api.post(f"v2/checkout/orders/{order_id}/capture", {}, {})

    assert set(answer) == {"id", "status", "links"}


def test_an_order_nobody_approved_cannot_be_captured(shop: Shop) -> None:
    order = shop.create()

    with pytest.raises(ResourceInvalid) as refused:
        shop.capture(order["id"])

    assert issue_of(refused.value) == "ORDER_NOT_APPROVED"


def test_a_captured_order_is_not_captured_again_under_another_request_id(shop: Shop) -> None:
    order_id = shop.approved()
    shop.capture(order_id, PayPal_Request_Id="one")

    with pytest.raises(ResourceInvalid) as refused:
        shop.capture(order_id, PayPal_Request_Id="two")

    assert issue_of(refused.value) == "ORDER_ALREADY_CAPTURED"
    assert [row["kind"] for row in shop.control.ledger()] == ["capture", "fee"]


def test_an_invoice_is_paid_only_once(shop: Shop) -> None:
    shop.captured(invoice_id="inv_1")
    second = shop.approved(invoice_id="inv_1")

    with pytest.raises(ResourceInvalid) as refused:
        shop.capture(second)

    assert issue_of(refused.value) == "DUPLICATE_INVOICE_ID"


def test_an_account_may_allow_an_invoice_to_be_paid_twice(shop: Shop) -> None:
    shop.captured(invoice_id="inv_1")
    shop.control.post("/paypal/account", {"blocks_duplicate_invoices": False})

    second = shop.captured(invoice_id="inv_1")

    assert second["status"] == "COMPLETED"


def test_a_declined_payer_may_let_another_one_approve_the_same_order(shop: Shop) -> None:
    order_id = shop.approved(payer="declines")
    with pytest.raises(ResourceInvalid) as refused:
        shop.capture(order_id, PayPal_Request_Id="one")
    assert issue_of(refused.value) == "INSTRUMENT_DECLINED"

    shop.control.approve_paypal(order_id, payer="pays")
    order = shop.capture(order_id, PayPal_Request_Id="one")

    assert capture_in(order)["status"] == "COMPLETED"


def test_an_approval_left_alone_for_three_hours_is_reversed(shop: Shop) -> None:
    order_id = shop.approved()

    shop.control.advance(3 * HOUR)

    assert shop.api.get(f"v2/checkout/orders/{order_id}")["status"] == "VOIDED"
    (event,) = shop.events("CHECKOUT.PAYMENT-APPROVAL.REVERSED")
    assert event["resource"]["id"] == order_id
    with pytest.raises(ResourceNotFound):
        shop.capture(order_id)


def test_a_capture_in_time_is_not_reversed_later(shop: Shop) -> None:
    order_id = shop.approved()
    shop.capture(order_id)

    shop.control.advance(4 * HOUR)

    assert shop.api.get(f"v2/checkout/orders/{order_id}")["status"] == "COMPLETED"
    assert not shop.events("CHECKOUT.PAYMENT-APPROVAL.REVERSED")


def test_an_order_no_payer_wanted_is_gone_after_three_days(shop: Shop) -> None:
    order_id = shop.create()["id"]

    shop.control.advance(73 * HOUR)

    with pytest.raises(ResourceNotFound):
        shop.api.get(f"v2/checkout/orders/{order_id}")


def test_an_order_of_two_units_makes_two_captures(shop: Shop) -> None:
    units = [
        {"reference_id": name, "amount": {"currency_code": "USD", "value": value}}
        for name, value in (("a", "1.00"), ("b", "2.00"))
    ]
    body = {"intent": "CAPTURE", "purchase_units": units}
    order_id = shop.api.post("v2/checkout/orders", body, {})["id"]
    shop.control.approve_paypal(order_id)

    order = shop.capture(order_id)

    paid = [unit["payments"]["captures"][0]["amount"]["value"] for unit in order["purchase_units"]]
    assert paid == ["1.00", "2.00"]


def test_a_strangers_order_does_not_exist(shop: Shop, other_shop: Shop) -> None:
    order_id = shop.approved()

    with pytest.raises(ResourceNotFound) as refused:
        other_shop.capture(order_id)

    assert issue_of(refused.value) == "INVALID_RESOURCE_ID"
