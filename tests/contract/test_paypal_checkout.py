"""Charges whose PayPal order the worker creates, and the payer approves later."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.domain import outcomes as o
from shared.domain.charge import Operation, PayPalCheckout
from shared.domain.errors import UnrepresentableAmount
from shared.domain.money import Money
from shared.providers.base import ChargeRequest
from tests.contract.paypal_rig import PayPalRig
from tests.contract.rig import PRICE

CREATING = "^POST /v2/checkout/orders$"


@pytest.fixture
def paypal(sandbox_url: str) -> PayPalRig:
    return PayPalRig(sandbox_url)


def checkout(money: Money = PRICE) -> ChargeRequest:
    return ChargeRequest(uuid.uuid4(), uuid.uuid4(), money, PayPalCheckout())


def perform(paypal: PayPalRig, request: ChargeRequest, key: str = "key") -> o.Outcome:
    return paypal.adapter.perform(paypal.adapter.freeze(request), request.instrument, key)


def test_the_order_is_for_this_charge_and_says_where_to_approve(paypal: PayPalRig) -> None:
    request = checkout()

    outcome = perform(paypal, request)

    assert isinstance(outcome, o.RequiresAction)
    order = paypal.api.read(f"v2/checkout/orders/{outcome.reference}")
    unit = order["purchase_units"][0]
    assert outcome.action.url == f"{paypal.url}/checkoutnow?token={outcome.reference}"
    assert order["intent"] == "CAPTURE"
    assert unit["amount"] == {"currency_code": "USD", "value": "19.99"}
    assert (unit["custom_id"], unit["invoice_id"]) == (str(request.order), str(request.charge))


def test_the_payer_comes_back_to_the_page_of_the_order(paypal: PayPalRig) -> None:
    request = checkout()

    frozen = paypal.adapter.freeze(request).body["order"]

    context = frozen["payment_source"]["paypal"]["experience_context"]
    assert context["return_url"] == f"https://shop.example.com/orders/{request.order}?paid=1"
    assert context["cancel_url"] == f"https://shop.example.com/orders/{request.order}"


def test_the_order_names_the_configured_payee(paypal: PayPalRig) -> None:
    adapter = paypal.provider(payee="merchant@business.example.com")
    request = checkout()

    outcome = adapter.perform(adapter.freeze(request), request.instrument, "key")

    assert isinstance(outcome, o.RequiresAction)
    order = paypal.api.read(f"v2/checkout/orders/{outcome.reference}")
    assert order["purchase_units"][0]["payee"] == {"email_address": "merchant@business.example.com"}


def test_the_same_key_creates_one_order(paypal: PayPalRig) -> None:
    request = checkout()

    first, second = perform(paypal, request), perform(paypal, request)

    assert isinstance(first, o.RequiresAction)
    assert first == second


def test_what_the_payer_approved_is_captured_by_the_next_call(paypal: PayPalRig) -> None:
    request = checkout()
    asked = perform(paypal, request)
    assert isinstance(asked, o.RequiresAction)
    paypal.control.approve_paypal(asked.reference)
    carried_on = replace(request, provider_reference=asked.reference)

    call = paypal.adapter.freeze(carried_on)
    outcome = paypal.adapter.perform(call, carried_on.instrument, "key-2")

    assert call.operation is Operation.PAYPAL_ORDER_CAPTURE
    assert isinstance(outcome, o.Approved)
    assert {str(request.charge), str(request.order)} == outcome.our_references
    assert paypal.captured(request) == [PRICE]


def test_a_payer_who_has_not_approved_is_asked_again(paypal: PayPalRig) -> None:
    request = checkout()
    asked = perform(paypal, request)
    assert isinstance(asked, o.RequiresAction)

    outcome = perform(paypal, replace(request, provider_reference=asked.reference), "key-2")

    assert outcome == asked
    assert paypal.posts("/capture") == 0


def test_a_replay_after_the_approval_still_asks_for_nothing_but_the_approval(
    paypal: PayPalRig,
) -> None:
    request = checkout()
    asked = perform(paypal, request)
    assert isinstance(asked, o.RequiresAction)
    paypal.control.approve_paypal(asked.reference)

    again = perform(paypal, request)

    assert isinstance(again, o.RequiresAction)
    assert again.reference == asked.reference
    assert paypal.captured(request) == []


@pytest.mark.parametrize("fault", ["reset_after", "empty_body", "wrong_shape", "503", "302"])
def test_an_order_whose_answer_was_lost_is_found_by_the_same_key(
    paypal: PayPalRig, fault: str
) -> None:
    request = checkout()
    paypal.control.fault(fault, CREATING, provider="paypal")

    lost, again = perform(paypal, request), perform(paypal, request)

    assert isinstance(lost, o.Indeterminate)
    assert isinstance(again, o.RequiresAction)


def test_an_order_that_paypal_failed_to_make_is_asked_for_under_a_new_key(
    paypal: PayPalRig,
) -> None:
    request = checkout()
    paypal.control.fault("500_stored", CREATING, provider="paypal")

    failed, same, new = (perform(paypal, request, key) for key in ("1", "1", "2"))

    assert failed == same == o.NotSent("HTTP 500 INTERNAL_SERVER_ERROR", replayable=False)
    assert isinstance(new, o.RequiresAction)


def test_somebody_elses_order_is_never_shown_to_the_payer(paypal: PayPalRig) -> None:
    perform(paypal, checkout(), "other")
    request = checkout()
    paypal.control.fault("id_mixup", CREATING, provider="paypal")

    outcome = perform(paypal, request)

    assert isinstance(outcome, o.Indeterminate)


def test_an_order_whose_id_was_lost_cannot_be_paid(paypal: PayPalRig) -> None:
    request = checkout()
    paypal.control.fault("reset_after", CREATING, provider="paypal")
    perform(paypal, request)

    call = paypal.adapter.freeze(request)
    found = paypal.adapter.find(call, request.instrument, "key", datetime.now(UTC))

    assert isinstance(found, o.Absent)


def test_our_own_order_that_is_gone_is_canceled(paypal: PayPalRig) -> None:
    request = replace(checkout(), provider_reference="5O190127TN364715T")

    outcome = perform(paypal, request)

    assert outcome == o.Canceled("5O190127TN364715T")


@pytest.mark.parametrize(
    ("decimal", "currency"), [("10.005", "KWD"), ("1.50", "HUF"), ("0", "USD")]
)
def test_an_amount_that_paypal_cannot_carry_is_refused_when_frozen(
    paypal: PayPalRig, decimal: str, currency: str
) -> None:
    request = checkout(Money.parse(decimal, currency))

    with pytest.raises(UnrepresentableAmount):
        paypal.adapter.freeze(request)
