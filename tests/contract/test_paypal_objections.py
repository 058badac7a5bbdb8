"""Orders that are approved, but not for this charge: none is captured."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain import outcomes as o
from shared.domain.charge import PayPalOrder
from shared.providers.base import ChargeRequest, FrozenCall
from tests.contract.paypal_buyers import buyers_order, new_request, ordered, perform, unit
from tests.contract.paypal_rig import PayPalRig

MERCHANT = "merchant@business.example.com"


@pytest.fixture
def paypal(sandbox_url: str) -> PayPalRig:
    return PayPalRig(sandbox_url)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        pytest.param({"value": "0.01"}, "amount_mismatch", id="cheaper"),
        pytest.param({"value": "20.00"}, "amount_mismatch", id="dearer"),
        pytest.param({"currency": "MXN"}, "currency_mismatch", id="the same figure in pesos"),
        pytest.param({"custom_id": str(uuid.uuid4())}, "reference_mismatch", id="another order"),
        pytest.param({"custom_id": "anything"}, "reference_mismatch", id="no reference of ours"),
    ],
)
def test_an_order_that_is_not_for_this_charge_is_not_captured(
    paypal: PayPalRig, members: dict[str, Any], code: str
) -> None:
    request = ordered(paypal, **members)

    outcome = perform(paypal, request)

    assert isinstance(outcome, o.Declined)
    assert (outcome.code, outcome.reference) == (code, None)
    assert paypal.posts("/capture") == 0


def test_an_order_of_two_units_is_not_captured(paypal: PayPalRig) -> None:
    request = new_request(PayPalOrder("UNSET"))
    ours = str(request.order)
    instrument = buyers_order(
        paypal,
        unit(custom_id=ours, reference_id="1"),
        unit("500.00", custom_id=ours, reference_id="2"),
    )

    outcome = perform(paypal, replace(request, instrument=instrument))

    assert isinstance(outcome, o.Declined)
    assert paypal.posts("/capture") == 0


def test_an_order_that_pays_somebody_else_is_not_captured(paypal: PayPalRig) -> None:
    adapter = paypal.provider(payee=MERCHANT)
    request = ordered(paypal, payee={"email_address": "mallory@business.example.com"})

    outcome = adapter.perform(adapter.freeze(request), request.instrument, "key")

    assert isinstance(outcome, o.Declined)
    assert (outcome.code, outcome.refusal) == ("payee_mismatch", o.Refusal.REQUEST)
    assert paypal.posts("/capture") == 0


@pytest.mark.parametrize("payee", [MERCHANT.upper(), "SANDBOXMERCH1"])
def test_the_configured_payee_is_known_by_address_or_id(paypal: PayPalRig, payee: str) -> None:
    adapter = paypal.provider(payee=payee)
    request = ordered(paypal)

    outcome = adapter.perform(adapter.freeze(request), request.instrument, "key")

    assert isinstance(outcome, o.Approved)


@pytest.mark.parametrize("name", ["custom_id", "invoice_id"])
def test_either_of_our_references_in_either_place_will_do(paypal: PayPalRig, name: str) -> None:
    requests = [new_request(PayPalOrder("UNSET")) for _ in range(2)]
    ours = [str(requests[0].order), str(requests[1].charge)]
    instruments = [buyers_order(paypal, unit(**{name: reference})) for reference in ours]

    outcomes = [
        perform(paypal, replace(request, instrument=instrument))
        for request, instrument in zip(requests, instruments, strict=True)
    ]

    assert all(isinstance(outcome, o.Approved) for outcome in outcomes), outcomes


def test_an_order_nobody_knows_is_the_buyers_to_correct(paypal: PayPalRig) -> None:
    outcome = perform(paypal, new_request(PayPalOrder("5O190127TN364715T")))

    assert isinstance(outcome, o.Declined)
    assert (outcome.code, outcome.refusal) == ("approval_not_found", o.Refusal.BUYER)


@pytest.mark.parametrize("payer", ["echeck-pending", "capture-declined"])
def test_a_capture_that_is_somebody_elses_is_not_waited_for(paypal: PayPalRig, payer: str) -> None:
    theirs = paypal.request()
    assert isinstance(theirs.instrument, PayPalOrder)
    paypal.control.approve_paypal(theirs.instrument.order_id, payer=payer)
    perform(paypal, theirs)
    request = new_request(theirs.instrument)

    outcome = perform(paypal, request)

    assert isinstance(outcome, o.Declined)
    assert (outcome.code, outcome.reference) == ("reference_mismatch", None)


def test_money_that_is_somebody_elses_is_shown_as_theirs(paypal: PayPalRig) -> None:
    theirs = paypal.request()
    assert isinstance(theirs.instrument, PayPalOrder)
    perform(paypal, theirs)
    request = new_request(theirs.instrument)

    outcome = perform(paypal, request)
    found = find(paypal, paypal.adapter.freeze(request), request)

    assert isinstance(outcome, o.Approved)
    assert outcome.our_references == {str(theirs.charge), str(theirs.order)}
    assert isinstance(found, o.Indeterminate)


@pytest.mark.parametrize("order_id", ["", "../../v1/oauth2/token", "A?b", "a b", "O" * 65, "É1"])
def test_what_is_no_order_id_is_never_put_in_a_path(paypal: PayPalRig, order_id: str) -> None:
    before = len(paypal.control.requests())
    request = new_request(PayPalOrder(order_id))

    outcome = perform(paypal, request)
    found = find(paypal, paypal.adapter.freeze(request), request)
    fetched = paypal.adapter.fetch(order_id, None)

    assert isinstance(outcome, o.Declined)
    assert isinstance(found, o.Absent)
    assert isinstance(fetched, o.Indeterminate)
    assert len(paypal.control.requests()) == before


def find(paypal: PayPalRig, call: FrozenCall, request: ChargeRequest) -> o.Outcome:
    return paypal.adapter.find(call, request.instrument, "key", datetime.now(UTC))
