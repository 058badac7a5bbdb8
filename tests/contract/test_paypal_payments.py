"""Charges by a v1 payment that the payer approved."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.domain import outcomes as o
from shared.domain.charge import Operation, PayPalPayment
from shared.domain.money import Money
from shared.providers.base import ChargeRequest
from tests.contract.paypal_rig import EXECUTING, PayPalRig
from tests.contract.rig import PRICE


@pytest.fixture
def paypal(sandbox_url: str) -> PayPalRig:
    return PayPalRig(sandbox_url)


def perform(paypal: PayPalRig, request: ChargeRequest, key: str = "key") -> o.Outcome:
    return paypal.adapter.perform(paypal.adapter.freeze(request), request.instrument, key)


def find(paypal: PayPalRig, request: ChargeRequest) -> o.Outcome:
    call = paypal.adapter.freeze(request)
    return paypal.adapter.find(call, request.instrument, "key", datetime.now(UTC))


def ids(request: ChargeRequest) -> PayPalPayment:
    assert isinstance(request.instrument, PayPalPayment)
    return request.instrument


def test_an_approved_payment_is_executed_once(paypal: PayPalRig) -> None:
    request = paypal.payment()

    first, second = perform(paypal, request), perform(paypal, request, "another")

    assert isinstance(first, o.Approved)
    assert first == second
    assert (first.reference, first.money) == (ids(request).payment_id, PRICE)
    assert first.our_references == {str(request.order)}
    assert paypal.captured(request) == [PRICE]
    assert paypal.posts("/execute") == 1


def test_the_frozen_call_holds_neither_payment_nor_payer(paypal: PayPalRig) -> None:
    request = paypal.payment()

    call = paypal.adapter.freeze(request)

    assert call.operation is Operation.PAYPAL_PAYMENT_EXECUTE
    assert ids(request).payment_id not in repr(call)
    assert ids(request).payer_id not in repr(call)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (Money(1998, "USD"), "amount_mismatch"),
        (Money(1999, "EUR"), "currency_mismatch"),
    ],
)
def test_a_payment_of_another_amount_is_not_executed(
    paypal: PayPalRig, asked: Money, code: str
) -> None:
    request = replace(paypal.payment(), money=asked)

    outcome = perform(paypal, request)

    assert isinstance(outcome, o.Declined)
    assert (outcome.code, paypal.posts("/execute")) == (code, 0)


def test_a_payment_for_another_order_is_not_executed(paypal: PayPalRig) -> None:
    request = replace(paypal.payment(), order=uuid.uuid4())

    outcome = perform(paypal, request)

    assert isinstance(outcome, o.Declined)
    assert (outcome.code, paypal.posts("/execute")) == ("reference_mismatch", 0)


def test_the_invoice_number_names_us_too(paypal: PayPalRig) -> None:
    charge = uuid.uuid4()
    made = paypal.payment(custom="theirs", invoice_number=str(charge))
    request = replace(made, charge=charge)

    outcome = perform(paypal, request)

    assert isinstance(outcome, o.Approved)
    assert outcome.our_references == {str(charge)}


def test_a_payment_that_nobody_approved_is_the_buyers_to_correct(paypal: PayPalRig) -> None:
    outcome = perform(paypal, paypal.payment(None))

    assert isinstance(outcome, o.Declined)
    assert outcome.refusal is o.Refusal.BUYER


def test_another_payer_cannot_execute_it(paypal: PayPalRig) -> None:
    request = paypal.payment()
    stranger = replace(ids(request), payer_id="MALLORYSANDBX")

    outcome = perform(paypal, replace(request, instrument=stranger))

    assert isinstance(outcome, o.Declined)
    assert (outcome.code, paypal.captured(request)) == ("invalid_payer_id", [])


def test_a_payment_nobody_knows_is_the_buyers_to_correct(paypal: PayPalRig) -> None:
    request = replace(paypal.payment(), instrument=PayPalPayment("PAYID-NOBODYS", "PAYER"))

    outcome = perform(paypal, request)

    assert isinstance(outcome, o.Declined)
    assert outcome.code == "approval_not_found"


def test_a_declined_payment_is_a_decline(paypal: PayPalRig) -> None:
    request = paypal.payment("declines")

    outcome = perform(paypal, request)

    assert isinstance(outcome, o.Declined)
    assert (outcome.code, outcome.refusal) == ("instrument_declined", o.Refusal.INSTRUMENT)


def test_a_pending_sale_says_why_and_settles(paypal: PayPalRig) -> None:
    request = paypal.payment("echeck-pending")

    outcome = perform(paypal, request)
    assert isinstance(outcome, o.Submitted)
    assert outcome.capture_reference
    paypal.control.settle_paypal(outcome.capture_reference)
    settled = paypal.adapter.fetch(outcome.reference, None)

    assert outcome.reason == "ECHECK"
    assert isinstance(settled, o.Approved)


@pytest.mark.parametrize("fault", ["reset_after", "empty_body", "truncate_after", "id_mixup"])
def test_a_lost_execution_is_found_by_replay_and_by_looking(paypal: PayPalRig, fault: str) -> None:
    perform(paypal, paypal.payment(), "another")
    request = paypal.payment()
    paypal.control.fault(fault, EXECUTING, provider="paypal")

    lost = perform(paypal, request)
    found, again = find(paypal, request), perform(paypal, request)

    assert isinstance(lost, o.Indeterminate)
    assert isinstance(found, o.Approved)
    assert found == again
    assert paypal.captured(request) == [PRICE]


def test_an_execution_that_never_was_is_absent(paypal: PayPalRig) -> None:
    request = paypal.payment()
    paypal.control.fault("reset_before", EXECUTING, provider="paypal")
    perform(paypal, request)

    assert isinstance(find(paypal, request), o.Absent)
