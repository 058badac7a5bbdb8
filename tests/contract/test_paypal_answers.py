"""What PayPal's refusals of a capture or an execution come to."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared.domain import outcomes as o
from shared.domain.charge import PayPalCheckout
from tests.contract.paypal_pages import (
    BY_PAYMENT,
    CAPTURE,
    EXECUTE,
    ORDER,
    PAYMENT,
    TOTAL,
    US,
    capture,
    order,
    payment,
    perform,
)
from tests.contract.paypal_script import Answer, ScriptedPayPal, problem


@pytest.fixture
def paypal() -> Iterator[ScriptedPayPal]:
    with ScriptedPayPal() as opened:
        yield opened


@pytest.mark.parametrize(
    "issue", ["ORDER_ALREADY_CAPTURED", "DUPLICATE_INVOICE_ID", "A_CODE_OF_TOMORROW"]
)
def test_a_refusal_of_what_is_done_already_is_looked_into(
    paypal: ScriptedPayPal, issue: str
) -> None:
    done = order("COMPLETED", capture())
    paypal.says("GET", ORDER, Answer(body=order()), Answer(body=done))
    paypal.says("POST", CAPTURE, Answer(422, problem(issue)))

    outcome = perform(paypal)

    assert isinstance(outcome, o.Approved)
    assert (outcome.reference, outcome.capture_reference) == ("O1", "C1")
    assert outcome.our_references == {str(US)}


@pytest.mark.parametrize("name", ["PAYMENT_ALREADY_DONE", "DUPLICATE_TRANSACTION"])
def test_v1_says_by_its_name_alone_that_it_is_done_already(
    paypal: ScriptedPayPal, name: str
) -> None:
    done = payment("approved", {"id": "S1", "state": "completed", "amount": TOTAL})
    paypal.says("GET", PAYMENT, Answer(body=payment()), Answer(body=done))
    paypal.says("POST", EXECUTE, Answer(400, {"name": name, "message": "x", "debug_id": "d"}))

    outcome = perform(paypal, BY_PAYMENT)

    assert isinstance(outcome, o.Approved)
    assert (outcome.reference, outcome.capture_reference) == ("PAYID-1", "S1")


@pytest.mark.parametrize("issue", ["ORDER_ALREADY_CAPTURED", "DUPLICATE_INVOICE_ID"])
def test_a_capture_that_is_said_to_be_there_and_is_not_stays_open(
    paypal: ScriptedPayPal, issue: str
) -> None:
    paypal.says("GET", ORDER, Answer(body=order()))
    paypal.says("POST", CAPTURE, Answer(422, problem(issue)))

    outcome = perform(paypal)

    assert isinstance(outcome, o.Indeterminate)
    assert outcome.replayable


def test_a_refusal_that_cannot_be_looked_into_stays_open(paypal: ScriptedPayPal) -> None:
    paypal.says("GET", ORDER, Answer(body=order()), Answer(503))
    paypal.says("POST", CAPTURE, Answer(422, problem("ORDER_ALREADY_CAPTURED")))

    assert isinstance(perform(paypal), o.Indeterminate)


@pytest.mark.parametrize(
    ("status", "issue", "expected"),
    [
        (422, "ORDER_COMPLETION_IN_PROGRESS", o.Indeterminate),
        (409, "PREVIOUS_REQUEST_IN_PROGRESS", o.Indeterminate),
        (422, "ORDER_NOT_APPROVED", o.RequiresAction),
        (422, "PAYER_ACTION_REQUIRED", o.RequiresAction),
        (422, "PAYEE_ACCOUNT_RESTRICTED", o.Misconfigured),
        (403, "PERMISSION_DENIED", o.Misconfigured),
        (403, "CONSENT_NEEDED", o.Misconfigured),
        (404, "INVALID_RESOURCE_ID", o.Declined),
        (400, "INVALID_PARAMETER_VALUE", o.Declined),
        (422, "A_CODE_OF_TOMORROW", o.Declined),
        (422, "DECIMAL_PRECISION", o.Declined),
        (500, "INTERNAL_SERVER_ERROR", o.Indeterminate),
        (503, "SERVICE_UNAVAILABLE", o.Indeterminate),
    ],
)
def test_the_issue_decides(
    paypal: ScriptedPayPal, status: int, issue: str, expected: type[o.Outcome]
) -> None:
    paypal.says("GET", ORDER, Answer(body=order()))
    paypal.says("POST", CAPTURE, Answer(status, problem(issue)))

    outcome = perform(paypal)

    assert isinstance(outcome, expected)


def test_a_key_that_paypal_knows_otherwise_is_not_tried_again(paypal: ScriptedPayPal) -> None:
    paypal.says("GET", ORDER, Answer(body=order()))
    paypal.says("POST", CAPTURE, Answer(422, problem("DUPLICATE_REQUEST_ID")))

    outcome = perform(paypal)

    assert isinstance(outcome, o.Indeterminate)
    assert not outcome.replayable


def test_a_busy_request_is_asked_about_within_seconds(paypal: ScriptedPayPal) -> None:
    paypal.says("GET", ORDER, Answer(body=order()))
    paypal.says("POST", CAPTURE, Answer(422, problem("ORDER_COMPLETION_IN_PROGRESS")))

    outcome = perform(paypal)

    assert isinstance(outcome, o.Indeterminate)
    assert outcome.retry_after == timedelta(seconds=2)


def test_the_payer_is_sent_where_the_refusal_says(paypal: ScriptedPayPal) -> None:
    page = "https://www.paypal.com/checkoutnow?token=O1"
    refusal = problem("PAYER_ACTION_REQUIRED") | {"links": [{"rel": "payer-action", "href": page}]}
    paypal.says("GET", ORDER, Answer(body=order()))
    paypal.says("POST", CAPTURE, Answer(422, refusal))

    outcome = perform(paypal)

    assert isinstance(outcome, o.RequiresAction)
    assert outcome.action.url == page


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(422, problem("CURRENCY_NOT_SUPPORTED")), o.Declined),
        (Answer(400, problem("A_CODE_OF_TOMORROW", "INVALID_REQUEST")), o.Declined),
        (Answer(422, problem("PAYEE_ACCOUNT_INVALID")), o.Misconfigured),
        (Answer(422, problem("DUPLICATE_INVOICE_ID")), o.Indeterminate),
        (Answer(409, problem("PREVIOUS_REQUEST_IN_PROGRESS")), o.Indeterminate),
        (Answer(403, problem("PERMISSION_DENIED")), o.Misconfigured),
        (Answer(429), o.NotSent),
        (Answer(500), o.NotSent),
        (Answer(503), o.Indeterminate),
        (Answer(201, order("TELEPORTED")), o.Indeterminate),
        (Answer(201, order("VOIDED")), o.Canceled),
    ],
)
def test_an_order_that_is_not_created_is_told_by_its_reason(
    paypal: ScriptedPayPal, answer: Answer, expected: type[o.Outcome]
) -> None:
    paypal.says("POST", "/v2/checkout/orders", answer)

    assert isinstance(perform(paypal, PayPalCheckout()), expected)


def test_no_word_of_paypals_about_the_payer_gets_out(paypal: ScriptedPayPal) -> None:
    told = problem("INSTRUMENT_DECLINED") | {"message": "ann@example.com cannot pay"}
    paypal.says("GET", ORDER, Answer(body=order(payer={"email_address": "ann@example.com"})))
    paypal.says("POST", CAPTURE, Answer(422, told))

    assert "ann@example.com" not in repr(perform(paypal))
