"""Payments v1, through the SDK's own classes."""

from typing import Any

import pytest
from paypalrestsdk import Payment, Refund, Sale
from paypalrestsdk.exceptions import ResourceConflict, ResourceNotFound

from tests.sandbox.paypal.shop import Shop


def sale_of(payment: Any) -> Any:
    return payment.transactions[0].related_resources[0].sale


def test_an_executed_payment_is_approved_with_a_completed_sale(shop: Shop) -> None:
    payment = shop.executed(custom="ch_1", invoice_number="inv_1")

    found = Payment.find(payment.id, api=shop.api)

    sale = sale_of(found)
    assert (payment.id[:6], found.state, sale.state) == ("PAYID-", "approved", "completed")
    assert (sale.amount.total, sale.amount.currency) == ("10.00", "EUR")
    assert (sale.custom, sale.invoice_number) == ("ch_1", "inv_1")
    assert sale.parent_payment == payment.id


def test_a_payment_nobody_approved_is_not_executed(shop: Shop) -> None:
    payment = shop.payment()

    done = payment.execute({"payer_id": "PAYSPAYERSAND"})

    assert (done, payment.error["name"]) == (False, "PAYMENT_NOT_APPROVED_FOR_EXECUTION")


def test_an_execution_must_name_the_payer_who_approved(shop: Shop) -> None:
    payment = shop.payment()
    shop.control.approve_paypal(payment.id)

    done = payment.execute({"payer_id": "SOMEBODYELSE0"})

    assert (done, payment.error["name"]) == (False, "INVALID_PAYER_ID")


def test_a_declined_execution_leaves_its_reason_on_the_payment(shop: Shop) -> None:
    payment = shop.payment()
    payer_id = shop.control.approve_paypal(payment.id, payer="declines")["payer_id"]

    done = payment.execute({"payer_id": payer_id})

    assert (done, payment.error["name"]) == (False, "INSTRUMENT_DECLINED")
    assert Payment.find(payment.id, api=shop.api).failure_reason == "INSTRUMENT_DECLINED"
    assert shop.control.charged() == {}


def test_the_sdk_executes_twice_and_hears_that_it_was_done(shop: Shop) -> None:
    payment = shop.executed()

    done = payment.execute({"payer_id": payment.payer.payer_info.payer_id})

    assert (done, payment.error["name"]) == (False, "PAYMENT_ALREADY_DONE")


def test_an_invoice_is_paid_only_once_in_v1_too(shop: Shop) -> None:
    shop.executed(invoice_number="inv_1")
    second = shop.payment(invoice_number="inv_1")
    payer_id = shop.control.approve_paypal(second.id)["payer_id"]

    with pytest.raises(ResourceConflict) as refused:
        second.execute({"payer_id": payer_id})

    assert refused.value.response.json()["name"] == "DUPLICATE_TRANSACTION"


def test_a_pending_sale_says_why(shop: Shop) -> None:
    payment = shop.executed(payer="risk-review")

    sale = Sale.find(sale_of(payment).id, api=shop.api)

    assert (sale.state, sale.reason_code) == ("pending", "PAYMENT_REVIEW")


def test_a_settled_sale_is_told_as_completed(shop: Shop) -> None:
    payment = shop.executed(payer="echeck-pending")

    shop.control.settle_paypal(sale_of(payment).id)

    assert [e["event_type"] for e in shop.events()] == [
        "PAYMENT.SALE.COMPLETED",
        "PAYMENT.SALE.PENDING",
    ]


def test_a_refund_event_is_a_sale_with_a_negative_amount(shop: Shop) -> None:
    sale = Sale.find(sale_of(shop.executed()).id, api=shop.api)

    refund = sale.refund({"amount": {"total": "0.01", "currency": "EUR"}})

    (event,) = shop.events("PAYMENT.SALE.REFUNDED")
    assert event["resource_type"] == "sale"
    assert event["resource"]["amount"] == {"total": "-0.01", "currency": "EUR"}
    assert (event["resource"]["id"], event["resource"]["sale_id"]) == (refund.id, sale.id)
    assert Refund.find(refund.id, api=shop.api).amount.total == "0.01"
    assert Sale.find(sale.id, api=shop.api).state == "partially_refunded"


def test_a_reversal_event_names_neither_sale_nor_payment(shop: Shop) -> None:
    sale = sale_of(shop.executed(custom="ch_1"))

    shop.control.post(f"/paypal/captures/{sale.id}/reverse")

    (event,) = shop.events("PAYMENT.SALE.REVERSED")
    assert not {"sale_id", "parent_payment", "custom"} & set(event["resource"])
    assert sale.id not in str(event)
    found = Refund.find(event["resource"]["id"], api=shop.api)
    assert found.sale_id == sale.id


def test_a_fully_refunded_sale_says_so_in_v1_words(shop: Shop) -> None:
    sale = Sale.find(sale_of(shop.executed()).id, api=shop.api)
    sale.refund({})

    again = sale.refund({})

    assert again.error["name"] == "TRANSACTION_ALREADY_REFUNDED"


def test_a_sale_is_no_capture(shop: Shop) -> None:
    sale = sale_of(shop.executed())

    with pytest.raises(ResourceNotFound):
        shop.get_capture(sale.id)


def test_an_unknown_member_fails_validation_in_v1_words(shop: Shop) -> None:
    payment = Payment({"intent": "sale", "payr": {}}, api=shop.api)

    made = payment.create()

    assert not made
    assert payment.error["name"] == "VALIDATION_ERROR"
    assert {"field": "payr", "issue": "UNSUPPORTED_PARAMETER"} in payment.error["details"]
