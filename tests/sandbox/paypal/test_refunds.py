"""Money going back: refunds, reversals, disputes."""

import pytest
from paypalrestsdk.exceptions import ResourceInvalid

from tests.sandbox.paypal.shop import Shop, issue_of

DAY = 86400.0


def kinds_in_ledger(shop: Shop) -> list[tuple[str, int]]:
    return [(r["kind"], r["amount_minor"]) for r in shop.control.ledger() if r["kind"] != "fee"]


def test_two_partial_refunds_make_a_whole_one(shop: Shop) -> None:
    capture = shop.captured("10.00", custom_id="ch_1")

    first = shop.refund(capture["id"], "4.00")
    partly = shop.get_capture(capture["id"])["status"]
    second = shop.refund(capture["id"])

    assert (first["amount"]["value"], second["amount"]["value"]) == ("4.00", "6.00")
    assert partly == "PARTIALLY_REFUNDED"
    assert shop.get_capture(capture["id"])["status"] == "REFUNDED"
    assert kinds_in_ledger(shop) == [("capture", 1000), ("refund", -400), ("refund", -600)]
    assert {row["reference"] for row in shop.control.ledger()} == {"ch_1"}


def test_a_refund_never_exceeds_what_is_left(shop: Shop) -> None:
    capture = shop.captured("10.00")
    shop.refund(capture["id"], "4.00")

    with pytest.raises(ResourceInvalid) as refused:
        shop.refund(capture["id"], "6.01")

    assert issue_of(refused.value) == "REFUND_AMOUNT_EXCEEDED"


def test_a_whole_refund_is_made_once(shop: Shop) -> None:
    capture = shop.captured("10.00")
    shop.refund(capture["id"])

    with pytest.raises(ResourceInvalid) as refused:
        shop.refund(capture["id"])

    assert issue_of(refused.value) == "CAPTURE_FULLY_REFUNDED"


def test_a_refund_speaks_the_currency_of_its_capture(shop: Shop) -> None:
    order_id = shop.create("1000", "JPY")["id"]
    shop.control.approve_paypal(order_id)
    order = shop.capture(order_id)

    with pytest.raises(ResourceInvalid) as refused:
        shop.refund(order["purchase_units"][0]["payments"]["captures"][0]["id"], "4.00")

    assert issue_of(refused.value) == "REFUND_CAPTURE_CURRENCY_MISMATCH"


def test_a_refund_is_refused_after_180_days(shop: Shop) -> None:
    capture = shop.captured("10.00")

    shop.control.advance(181 * DAY)

    with pytest.raises(ResourceInvalid) as refused:
        shop.refund(capture["id"])
    assert issue_of(refused.value) == "REFUND_TIME_LIMIT_EXCEEDED"


@pytest.mark.parametrize(
    ("payer", "issue"),
    [("echeck-pending", "PENDING_CAPTURE"), ("capture-declined", "INVALID_CAPTURE_STATUS")],
)
def test_what_moved_no_money_cannot_be_refunded(shop: Shop, payer: str, issue: str) -> None:
    capture = shop.captured(payer=payer)

    with pytest.raises(ResourceInvalid) as refused:
        shop.refund(capture["id"])

    assert issue_of(refused.value) == issue


def test_a_refunds_invoice_id_is_used_once(shop: Shop) -> None:
    capture = shop.captured("10.00")
    path = f"v2/payments/captures/{capture['id']}/refund"
    body = {"amount": {"value": "1.00", "currency_code": "USD"}, "invoice_id": "r_1"}
    shop.api.post(path, body, {})

    with pytest.raises(ResourceInvalid) as refused:
        shop.api.post(path, body, {})

    assert issue_of(refused.value) == "DUPLICATE_INVOICE_ID"


def test_a_pending_refund_moves_money_once_it_is_completed(shop: Shop) -> None:
    capture = shop.captured("10.00", payer="refund-pending")
    pending = shop.refund(capture["id"], "4.00")
    before = kinds_in_ledger(shop)

    shop.control.post(f"/paypal/refunds/{pending['id']}/settle", {"outcome": "completed"})

    assert (pending["status"], before) == ("PENDING", [("capture", 1000)])
    assert shop.api.get(f"v2/payments/refunds/{pending['id']}")["status"] == "COMPLETED"
    assert kinds_in_ledger(shop) == [("capture", 1000), ("refund", -400)]
    assert shop.events()[0]["event_type"] == "PAYMENT.CAPTURE.REFUNDED"


def test_a_failed_refund_leaves_the_capture_as_it_was(shop: Shop) -> None:
    capture = shop.captured("10.00", payer="refund-pending")
    pending = shop.refund(capture["id"], "4.00")

    shop.control.post(f"/paypal/refunds/{pending['id']}/settle", {"outcome": "failed"})

    assert shop.api.get(f"v2/payments/refunds/{pending['id']}")["status"] == "FAILED"
    assert shop.get_capture(capture["id"])["status"] == "COMPLETED"
    assert kinds_in_ledger(shop) == [("capture", 1000)]
    assert shop.events()[0]["event_type"] == "PAYMENT.REFUND.FAILED"


def test_a_refund_event_names_its_capture_only_in_the_up_link(shop: Shop) -> None:
    capture = shop.captured("10.00", custom_id="ch_1")

    refund = shop.refund(capture["id"], "4.00")

    (event,) = shop.events("PAYMENT.CAPTURE.REFUNDED")
    resource = event["resource"]
    assert (event["resource_type"], resource["id"]) == ("refund", refund["id"])
    up = next(link["href"] for link in resource["links"] if link["rel"] == "up")
    assert up.rsplit("/", 1)[-1] == capture["id"]
    assert capture["id"] not in str({k: v for k, v in resource.items() if k != "links"})
    assert resource["create_time"].endswith("-07:00")


def test_a_reversal_takes_the_rest_and_names_no_reference(shop: Shop) -> None:
    capture = shop.captured("10.00", custom_id="ch_1", invoice_id="inv_1")

    shop.control.post(f"/paypal/captures/{capture['id']}/reverse")

    (event,) = shop.events("PAYMENT.CAPTURE.REVERSED")
    assert not {"custom_id", "invoice_id"} & set(event["resource"])
    assert shop.get_capture(capture["id"])["status"] == "REFUNDED"
    assert kinds_in_ledger(shop) == [("capture", 1000), ("refund", -1000)]


def test_a_refund_from_the_dashboard_is_told_like_any_other(shop: Shop) -> None:
    capture = shop.captured("10.00")

    shop.control.post(f"/paypal/captures/{capture['id']}/refund", {"amount": "2.50"})

    (event,) = shop.events("PAYMENT.CAPTURE.REFUNDED")
    assert event["resource"]["amount"]["value"] == "2.50"


@pytest.mark.parametrize(
    ("winner", "outcome", "released"),
    [("seller", "RESOLVED_SELLER_FAVOUR", 1), ("buyer", "RESOLVED_BUYER_FAVOUR", 0)],
)
def test_a_dispute_holds_the_money_until_it_is_decided(
    shop: Shop, winner: str, outcome: str, released: int
) -> None:
    capture = shop.captured("10.00", custom_id="ch_1")

    dispute = shop.control.post(f"/paypal/captures/{capture['id']}/dispute")
    shop.control.post(f"/paypal/disputes/{dispute['id']}/review")
    shop.control.post(f"/paypal/disputes/{dispute['id']}/resolve", {"winner": winner})

    told = [e for e in reversed(shop.events()) if e["event_type"].startswith("CUSTOMER.DISPUTE")]
    assert [e["event_type"].rsplit(".", 1)[-1] for e in told] == ["CREATED", "UPDATED", "RESOLVED"]
    assert told[0]["resource"]["disputed_transactions"][0]["seller_transaction_id"] == capture["id"]
    assert told[-1]["resource"]["dispute_outcome"]["outcome_code"] == outcome
    moves = [("capture", 1000), ("dispute_hold", -1000), ("dispute_release", 1000)]
    assert kinds_in_ledger(shop) == moves[: 2 + released]


def test_a_disputed_capture_is_refunded_wholly_or_not_at_all(shop: Shop) -> None:
    capture = shop.captured("10.00")
    shop.control.post(f"/paypal/captures/{capture['id']}/dispute")

    with pytest.raises(ResourceInvalid) as refused:
        shop.refund(capture["id"], "1.00")

    assert issue_of(refused.value) == "TRANSACTION_DISPUTED"


def test_a_lost_dispute_forbids_refunds(shop: Shop) -> None:
    capture = shop.captured("10.00")
    dispute = shop.control.post(f"/paypal/captures/{capture['id']}/dispute")
    shop.control.post(f"/paypal/disputes/{dispute['id']}/resolve", {"winner": "buyer"})

    with pytest.raises(ResourceInvalid) as refused:
        shop.refund(capture["id"])

    assert issue_of(refused.value) == "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK"
