"""Captures, refunds, disputes: what moves, what the ledger says."""

import pytest
import stripe

from tests.sandbox.stripe.shop import Shop


def test_a_held_payment_moves_money_at_its_capture(shop: Shop) -> None:
    held = shop.pay(capture_method="manual")
    before = shop.movements("charge", "capture")

    captured = shop.api.payment_intents.capture(held.id)

    assert (held.status, held.amount_capturable, before) == ("requires_capture", 1999, [])
    assert (captured.status, captured.amount_received) == ("succeeded", 1999)
    assert shop.movements("charge", "capture") == [1999]
    assert [e["type"] for e in shop.told()][-2:] == ["charge.captured", "payment_intent.succeeded"]


def test_a_part_can_be_captured(shop: Shop) -> None:
    held = shop.pay(capture_method="manual")

    captured = shop.api.payment_intents.capture(held.id, {"amount_to_capture": 500})

    assert captured.amount_received == 500
    assert shop.movements("capture") == [500]


def test_more_than_is_held_cannot_be_captured(shop: Shop) -> None:
    held = shop.pay(capture_method="manual")

    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.api.payment_intents.capture(held.id, {"amount_to_capture": 2000})

    assert refused.value.code == "amount_too_large"


def test_a_held_payment_can_be_canceled(shop: Shop) -> None:
    held = shop.pay(capture_method="manual")

    canceled = shop.api.payment_intents.cancel(held.id, {"cancellation_reason": "abandoned"})

    assert (canceled.status, canceled.amount_capturable) == ("canceled", 0)
    assert shop.told()[-1]["type"] == "payment_intent.canceled"
    assert shop.movements("charge", "capture", "refund") == []


@pytest.mark.parametrize("verb", ["confirm", "capture", "cancel"])
def test_what_is_paid_takes_no_further_step(shop: Shop, verb: str) -> None:
    paid = shop.pay()

    with pytest.raises(stripe.InvalidRequestError) as refused:
        getattr(shop.api.payment_intents, verb)(paid.id)

    assert refused.value.code == "payment_intent_unexpected_state"
    assert shop.movements("charge") == [1999]


def test_an_intent_can_be_made_changed_then_confirmed(shop: Shop) -> None:
    made = shop.api.payment_intents.create({"amount": 1999, "currency": "usd"})

    changed = shop.api.payment_intents.update(made.id, {"amount": 2500, "metadata": {"a": "b"}})
    asked = {"payment_method": "pm_card_visa", "return_url": "https://example.com"}
    paid = shop.api.payment_intents.confirm(made.id, asked)

    assert (made.status, changed.amount) == ("requires_payment_method", 2500)
    assert (paid.status, paid.metadata.to_dict()) == ("succeeded", {"a": "b"})
    assert shop.movements("charge") == [2500]


def test_refunds_add_up_to_the_charge_no_further(shop: Shop) -> None:
    paid = shop.pay()
    shop.api.refunds.create({"payment_intent": paid.id, "amount": 1500})

    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        shop.api.refunds.create({"payment_intent": paid.id, "amount": 500})
    rest = shop.api.refunds.create({"charge": paid.latest_charge})
    with pytest.raises(stripe.InvalidRequestError) as empty:
        shop.api.refunds.create({"payment_intent": paid.id})

    charge = shop.api.charges.retrieve(paid.latest_charge, {"expand": ["refunds"]})
    assert (rest.amount, empty.value.code) == (499, "charge_already_refunded")
    assert (charge.refunded, charge.amount_refunded, len(charge.refunds.data)) == (True, 1999, 2)
    assert shop.movements("refund") == [-1500, -499]


def test_two_equal_refunds_are_two_refunds(shop: Shop) -> None:
    paid = shop.pay()

    made = [
        shop.api.refunds.create(
            {"payment_intent": paid.id, "amount": 700}, {"idempotency_key": key}
        )
        for key in ("r1", "r2", "r2")
    ]

    assert made[0].id != made[1].id == made[2].id
    assert shop.movements("refund") == [-700, -700]


@pytest.mark.parametrize("amount", [0, -5])
def test_a_refund_of_nothing_is_refused(shop: Shop, amount: int) -> None:
    paid = shop.pay()

    with pytest.raises(stripe.InvalidRequestError):
        shop.api.refunds.create({"payment_intent": paid.id, "amount": amount})

    assert shop.movements("refund") == []


def test_what_was_never_paid_cannot_be_refunded(shop: Shop) -> None:
    unpaid = shop.api.payment_intents.create({"amount": 1999, "currency": "usd"})

    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        shop.api.refunds.create({"payment_intent": unpaid.id})


def test_a_refund_can_take_its_time(shop: Shop) -> None:
    paid = shop.pay("pm_card_pendingRefund")

    refund = shop.api.refunds.create({"payment_intent": paid.id})
    shop.control.advance(60)

    assert refund.status == "pending"
    assert shop.api.refunds.retrieve(refund.id).status == "succeeded"
    assert "refund.updated" in [e["type"] for e in shop.told()]


def test_a_refund_can_fail_after_it_succeeded(shop: Shop) -> None:
    paid = shop.pay("pm_card_refundFail")

    refund = shop.api.refunds.create({"payment_intent": paid.id})
    shop.control.advance(60)

    charge = shop.api.charges.retrieve(paid.latest_charge)
    assert refund.status == "succeeded"
    assert shop.api.refunds.retrieve(refund.id).status == "failed"
    assert (charge.refunded, charge.amount_refunded) == (False, 0)
    assert shop.movements("refund") == [-1999, 1999]
    assert "refund.failed" in [e["type"] for e in shop.told()]


def test_the_dashboard_refunds_without_a_call(shop: Shop) -> None:
    paid = shop.pay()

    shop.control.dashboard_refund(paid.id, 300)

    assert shop.movements("refund") == [-300]
    told = shop.told("refund.created")[0]
    assert told["request"] == {"id": None, "idempotency_key": None}


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        ("pm_card_createDispute", "fraudulent"),
        ("pm_card_createDisputeProductNotReceived", "product_not_received"),
    ],
)
def test_a_disputed_charge_loses_its_money(shop: Shop, method: str, reason: str) -> None:
    paid = shop.pay(method)

    dispute = shop.api.disputes.list({"charge": paid.latest_charge}).data[0]

    assert (dispute.reason, dispute.status) == (reason, "needs_response")
    assert shop.movements("dispute_hold") == [-1999]
    assert [e["type"] for e in shop.told()][-2:] == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
    ]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.api.refunds.create({"payment_intent": paid.id})
    assert refused.value.code == "charge_disputed"


@pytest.mark.parametrize(
    ("evidence", "status", "released"),
    [("winning_evidence", "won", [1999]), ("losing_evidence", "lost", [])],
)
def test_evidence_wins_or_loses(
    shop: Shop, evidence: str, status: str, released: list[int]
) -> None:
    shop.pay("pm_card_createDispute")
    dispute = shop.api.disputes.list().data[0]

    answered = shop.api.disputes.update(
        dispute.id, {"evidence": {"uncategorized_text": evidence}, "submit": True}
    )

    assert answered.status == status
    assert shop.movements("dispute_release") == released
    assert "charge.dispute.closed" in [e["type"] for e in shop.told()]


def test_a_loss_can_be_accepted(shop: Shop) -> None:
    shop.pay("pm_card_createDispute")
    dispute = shop.api.disputes.list().data[0]

    closed = shop.api.disputes.close(dispute.id)

    assert closed.status == "lost"
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        shop.api.disputes.close(dispute.id)


def test_the_bank_gives_the_money_back(shop: Shop) -> None:
    charge = shop.pay().latest_charge
    dispute = shop.control.dispute(charge)

    shop.control.close_dispute(dispute["id"], "won")

    assert shop.movements("dispute_hold", "dispute_release") == [-1999, 1999]
    assert shop.told()[-1]["type"] == "charge.dispute.funds_reinstated"


def test_an_inquiry_withdraws_nothing(shop: Shop) -> None:
    shop.pay("pm_card_createDisputeInquiry")

    dispute = shop.api.disputes.list().data[0]

    assert dispute.status == "warning_needs_response"
    assert shop.movements("dispute_hold") == []


def test_one_charge_can_be_disputed_twice(shop: Shop) -> None:
    paid = shop.pay("pm_card_createMultipleDisputes")

    assert len(shop.api.disputes.list({"payment_intent": paid.id}).data) == 2


def test_an_issuer_can_warn_of_fraud(shop: Shop) -> None:
    paid = shop.pay("pm_card_createIssuerFraudRecord")

    warning = shop.told("radar.early_fraud_warning.created")[0]["data"]["object"]

    assert warning["charge"] == paid.latest_charge


def test_the_ledger_names_the_payment_by_the_callers_reference(shop: Shop) -> None:
    shop.pay(metadata={"payment_id": "p-7"}, key="k")

    charge, fee = shop.control.ledger()

    assert (charge["kind"], charge["reference"], charge["currency"]) == ("charge", "p-7", "USD")
    assert (charge["idempotency_key"], charge["response_delivered"]) == ("k", True)
    assert (fee["kind"], fee["amount_minor"]) == ("fee", -87)
    assert shop.control.charged() == {"p-7": 1}
