"""Charges by an Orders v2 order that the payer approved."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain import outcomes as o
from shared.domain.charge import Operation, PayPalOrder, StripeToken
from shared.domain.money import Money
from shared.providers.base import ChargeRequest, FrozenCall
from tests.contract.paypal_buyers import buyers_order, new_request, perform, unit
from tests.contract.paypal_rig import PayPalRig
from tests.contract.rig import PRICE, Story


@pytest.fixture
def paypal(sandbox_url: str) -> PayPalRig:
    return PayPalRig(sandbox_url)


def test_the_frozen_call_holds_no_id_of_the_payers(paypal: PayPalRig) -> None:
    request = paypal.request()
    assert isinstance(request.instrument, PayPalOrder)

    call = paypal.adapter.freeze(request)

    assert call.operation is Operation.PAYPAL_ORDER_CAPTURE
    assert request.instrument.order_id not in repr(call)
    assert call.body["expected"]["value"] == "19.99"


def test_another_providers_instrument_is_a_bug(paypal: PayPalRig) -> None:
    request = ChargeRequest(uuid.uuid4(), uuid.uuid4(), PRICE, StripeToken("tok_visa"))

    with pytest.raises(TypeError):
        paypal.adapter.freeze(request)


def test_a_capture_that_somebody_made_is_adopted_without_another(paypal: PayPalRig) -> None:
    request = paypal.request()
    assert isinstance(request.instrument, PayPalOrder)
    path = f"v2/checkout/orders/{request.instrument.order_id}/capture"
    paypal.api.send(path, {}, "somebody-else")

    outcome = perform(paypal, request)

    assert isinstance(outcome, o.Approved)
    assert paypal.posts("/capture") == 1
    assert paypal.captured(request) == [PRICE]


def test_many_at_once_under_many_keys_capture_once(paypal: PayPalRig) -> None:
    request = paypal.request()
    paypal.strike("delay", ms=200)

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda _: perform(paypal, request), range(6)))

    assert paypal.captured(request) == [PRICE]
    assert any(isinstance(outcome, o.Approved) for outcome in outcomes)
    assert all(isinstance(outcome, o.Approved | o.Indeterminate) for outcome in outcomes)


def test_an_order_can_be_completed_without_any_money(paypal: PayPalRig) -> None:
    request = paypal.request()
    paypal.strike("declined_capture")

    outcome = perform(paypal, request)
    again = perform(paypal, request)

    assert isinstance(outcome, o.Declined)
    assert outcome.code == "declined_by_risk_fraud_filters"
    assert again == outcome
    assert paypal.captured(request) == []


@pytest.mark.parametrize("reason", ["ECHECK", "PENDING_REVIEW", "UNILATERAL"])
def test_a_pending_capture_says_why_and_which(paypal: PayPalRig, reason: str) -> None:
    request = paypal.request()
    paypal.strike("pending_capture", reason=reason)

    outcome = perform(paypal, request)
    assert isinstance(outcome, o.Submitted)
    assert outcome.capture_reference
    paypal.control.settle_paypal(outcome.capture_reference)
    settled = paypal.adapter.fetch(outcome.reference, None)

    assert outcome.reason == reason
    assert isinstance(settled, o.Approved)
    assert settled.capture_reference == outcome.capture_reference


@pytest.mark.parametrize(
    ("issue", "refusal"),
    [
        ("INSTRUMENT_DECLINED", o.Refusal.INSTRUMENT),
        ("PAYER_CANNOT_PAY", o.Refusal.INSTRUMENT),
        ("TRANSACTION_REFUSED", o.Refusal.INSTRUMENT),
        ("CARD_EXPIRED", o.Refusal.INSTRUMENT),
        ("PAYMENT_SOURCE_DECLINED_BY_PROCESSOR", o.Refusal.INSTRUMENT),
        ("PAYER_ACCOUNT_LOCKED_OR_CLOSED", o.Refusal.INSTRUMENT),
        ("PAYER_ACCOUNT_RESTRICTED", o.Refusal.BUYER),
        ("TRANSACTION_LIMIT_EXCEEDED", o.Refusal.TEMPORARY),
        ("TRANSACTION_BLOCKED_BY_PAYEE", o.Refusal.REQUEST),
        ("PAYEE_BLOCKED_TRANSACTION", o.Refusal.REQUEST),
        ("COMPLIANCE_VIOLATION", o.Refusal.INSTRUMENT),
        ("MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED", o.Refusal.TEMPORARY),
        ("AGREEMENT_ALREADY_CANCELLED", o.Refusal.INSTRUMENT),
    ],
)
def test_every_decline_of_paypals_is_one_of_ours(
    paypal: PayPalRig, issue: str, refusal: o.Refusal
) -> None:
    request = paypal.request()
    assert isinstance(request.instrument, PayPalOrder)
    paypal.control.approve_paypal(
        request.instrument.order_id, payer=issue.lower().replace("_", "-")
    )

    outcome = perform(paypal, request)

    assert isinstance(outcome, o.Declined)
    assert (outcome.code, outcome.refusal) == (issue.lower(), refusal)
    assert paypal.captured(request) == []


def test_a_declined_order_may_be_approved_again_and_pays(paypal: PayPalRig) -> None:
    request = paypal.request(Story.IS_DECLINED)
    assert isinstance(request.instrument, PayPalOrder)

    declined = perform(paypal, request)
    paypal.control.approve_paypal(request.instrument.order_id, payer="pays")
    outcome = perform(paypal, request)

    assert isinstance(declined, o.Declined)
    assert isinstance(outcome, o.Approved)


@pytest.mark.parametrize("payer", ["acts-again", "alternate-funding"])
def test_a_payer_who_must_act_once_more_is_sent_back(paypal: PayPalRig, payer: str) -> None:
    request = paypal.request()
    assert isinstance(request.instrument, PayPalOrder)
    paypal.control.approve_paypal(request.instrument.order_id, payer=payer)

    outcome = perform(paypal, request)

    assert isinstance(outcome, o.RequiresAction)
    assert outcome.reference == request.instrument.order_id


def test_a_request_in_flight_is_asked_about_soon(paypal: PayPalRig) -> None:
    request = paypal.request()
    paypal.strike("409_in_use")

    outcome = perform(paypal, request, "key")
    again = perform(paypal, request, "key")

    assert isinstance(outcome, o.Indeterminate)
    assert outcome.replayable
    assert outcome.retry_after is not None
    assert outcome.retry_after <= timedelta(seconds=5)
    assert isinstance(again, o.Approved)


def test_an_invoice_that_another_order_paid_is_put_before_a_person(paypal: PayPalRig) -> None:
    request = paypal.request()
    twin = replace(
        request,
        instrument=buyers_order(
            paypal, unit(custom_id=str(request.order), invoice_id=str(request.charge))
        ),
    )

    paid = perform(paypal, request)
    outcome = perform(paypal, twin)

    assert isinstance(paid, o.Approved)
    assert isinstance(outcome, o.Indeterminate)
    assert paypal.captured(request) == [PRICE]


def test_a_voided_order_is_canceled(paypal: PayPalRig) -> None:
    request = paypal.request()
    assert isinstance(request.instrument, PayPalOrder)
    order_id = request.instrument.order_id
    paypal.control.post(f"/paypal/orders/{order_id}/void")

    outcomes = (
        perform(paypal, request),
        paypal.adapter.fetch(order_id, None),
        find(paypal, paypal.adapter.freeze(request), request),
    )

    assert outcomes == (o.Canceled(order_id),) * 3


def test_a_gone_order_reads_as_canceled_but_proves_nothing_of_a_lost_call(
    paypal: PayPalRig,
) -> None:
    request = new_request(PayPalOrder("5O190127TN364715T"))

    fetched = paypal.adapter.fetch("5O190127TN364715T", None)
    found = find(paypal, paypal.adapter.freeze(request), request)

    assert fetched == o.Canceled("5O190127TN364715T")
    assert isinstance(found, o.Indeterminate)


def test_an_approved_order_reads_as_the_payers_doing(paypal: PayPalRig) -> None:
    request, waiting = paypal.request(), paypal.request(Story.MUST_ACT)
    assert isinstance(request.instrument, PayPalOrder)
    assert isinstance(waiting.instrument, PayPalOrder)

    approved = paypal.adapter.fetch(request.instrument.order_id, None)
    open_still = paypal.adapter.fetch(waiting.instrument.order_id, None)

    assert approved == o.PayerActed(request.instrument.order_id)
    assert isinstance(open_still, o.RequiresAction)


def test_a_refunded_capture_is_still_a_capture(paypal: PayPalRig) -> None:
    request = paypal.request()
    approved = perform(paypal, request)
    assert isinstance(approved, o.Approved)

    paypal.control.post(f"/paypal/captures/{approved.capture_reference}/refund", {"amount": "5.00"})

    assert paypal.adapter.fetch(approved.reference, None) == approved


@pytest.mark.parametrize(("decimal", "currency"), [("1000", "JPY"), ("1000.00", "HUF")])
def test_a_currency_without_decimals_is_captured_exactly(
    paypal: PayPalRig, decimal: str, currency: str
) -> None:
    money = Money.parse(decimal, currency)
    request = paypal.request(money=money)

    outcome = perform(paypal, request)

    assert isinstance(outcome, o.Approved)
    assert outcome.money == money
    assert paypal.captured(request) == [money]


def find(paypal: PayPalRig, call: FrozenCall, request: ChargeRequest) -> o.Outcome:
    return paypal.adapter.find(call, request.instrument, "key", datetime.now(UTC))
