"""What PayPal's rarer answers to a capture or an execution come to."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from shared.domain import outcomes as o
from shared.domain.charge import Instrument, PayPalCheckout, PayPalOrder, PayPalPayment
from shared.providers.base import ChargeRequest
from shared.providers.paypal import PayPalProvider
from tests.contract.paypal_script import TOKEN_PATH, Answer, ScriptedPayPal, problem
from tests.contract.rig import PRICE

ORDER = "/v2/checkout/orders/O1"
CAPTURE = f"{ORDER}/capture"
PAYMENT = "/v1/payments/payment/PAYID-1"
EXECUTE = f"{PAYMENT}/execute"
US, CHARGE = uuid.uuid4(), uuid.uuid4()
AMOUNT = {"currency_code": "USD", "value": "19.99"}
TOTAL = {"currency": "USD", "total": "19.99"}
BY_ORDER, BY_PAYMENT = PayPalOrder("O1"), PayPalPayment("PAYID-1", "PAYER13")


@pytest.fixture
def paypal() -> Iterator[ScriptedPayPal]:
    with ScriptedPayPal() as opened:
        yield opened


def order(status: str = "APPROVED", *captures: dict[str, Any], **members: Any) -> dict[str, Any]:
    unit = {"amount": AMOUNT, "custom_id": str(US), "payments": {"captures": list(captures)}}
    return {"id": "O1", "intent": "CAPTURE", "status": status, "purchase_units": [unit]} | members


def capture(status: str = "COMPLETED", **members: Any) -> dict[str, Any]:
    return {"id": "C1", "status": status, "amount": AMOUNT} | members


def payment(state: str = "created", *sales: dict[str, Any], **members: Any) -> dict[str, Any]:
    related = [{"sale": sale} for sale in sales]
    transaction = {"amount": TOTAL, "custom": str(US), "related_resources": related}
    return {"id": "PAYID-1", "intent": "sale", "state": state, "transactions": [transaction]} | (
        members
    )


def perform(paypal: ScriptedPayPal, instrument: Instrument = BY_ORDER) -> o.Outcome:
    adapter = PayPalProvider(paypal.config())
    call = adapter.freeze(ChargeRequest(CHARGE, US, PRICE, instrument))
    return adapter.perform(call, instrument, "key")


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


def test_the_payer_is_sent_to_web_pages_only(paypal: ScriptedPayPal) -> None:
    links = [
        {"rel": "approve", "href": "javascript:alert(1)"},
        {"rel": "approve", "href": "https://www.paypal.com/checkoutnow?token=O1"},
    ]
    paypal.says("GET", ORDER, Answer(body=order("CREATED", links=links)))

    outcome = perform(paypal)

    assert isinstance(outcome, o.RequiresAction)
    assert outcome.action.url == "https://www.paypal.com/checkoutnow?token=O1"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(order("COMPLETED"), id="completed without a capture"),
        pytest.param(order("APPROVED"), id="approved still"),
        pytest.param({"id": "O1", "status": "COMPLETED"}, id="the minimal answer"),
        pytest.param(order("COMPLETED", capture(), id="O2"), id="another order"),
        pytest.param(order("COMPLETED", capture("TELEPORTED")), id="an unknown capture status"),
        pytest.param(order("TELEPORTED"), id="an unknown order status"),
        pytest.param(
            order("COMPLETED", capture(amount={"value": "1e3", "currency_code": "USD"})),
            id="an odd amount",
        ),
        pytest.param(
            order("COMPLETED", capture(amount={"value": "19.99", "currency_code": "XXX"})),
            id="an odd currency",
        ),
        pytest.param(
            order("COMPLETED", capture(amount={"value": 19.99, "currency_code": "USD"})),
            id="a float",
        ),
        pytest.param(order("COMPLETED", capture(id=None)), id="a capture without an id"),
        pytest.param({"id": "O1", "purchase_units": "none"}, id="another shape"),
    ],
)
def test_an_answer_that_does_not_show_the_capture_proves_nothing(
    paypal: ScriptedPayPal, answer: dict[str, Any]
) -> None:
    paypal.says("GET", ORDER, Answer(body=order()))
    paypal.says("POST", CAPTURE, Answer(201, answer))

    assert isinstance(perform(paypal), o.Indeterminate)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500),
        Answer(200, b""),
        Answer(200, b"{"),
        Answer(body={}),
        Answer(302, headers={"Location": "/elsewhere"}),
        Answer(404, b"<html>"),
        Answer(409, problem("RESOURCE_CONFLICT")),
        Answer(422, problem("A_CODE_OF_TOMORROW")),
        Answer(body=order("COMPLETED", capture(), id="O2")),
        Answer(body=order("TELEPORTED")),
    ],
)
def test_a_read_that_fails_before_the_post_leaves_it_unsent(
    paypal: ScriptedPayPal, answer: Answer
) -> None:
    paypal.says("GET", ORDER, answer)

    outcome = perform(paypal)

    assert isinstance(outcome, o.NotSent)
    assert paypal.count("POST", CAPTURE) == 0


def test_a_rate_limit_on_the_read_says_for_how_long(paypal: ScriptedPayPal) -> None:
    paypal.says("GET", ORDER, Answer(429, problem("RATE_LIMIT_REACHED"), {"Retry-After": "11"}))

    outcome = perform(paypal)

    assert outcome == o.NotSent(
        "HTTP 429 RATE_LIMIT_REACHED UNPROCESSABLE_ENTITY", timedelta(0, 11)
    )


def test_a_lasting_401_is_nobodys_decline(paypal: ScriptedPayPal) -> None:
    paypal.says("GET", ORDER, Answer(401, {"error": "invalid_token"}))

    outcome = perform(paypal)

    assert isinstance(outcome, o.Misconfigured)
    assert (paypal.count("GET", ORDER), paypal.count("POST", TOKEN_PATH)) == (2, 2)


@pytest.mark.parametrize("settled", ["COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"])
def test_money_that_moved_outweighs_a_refused_try_before_it(
    paypal: ScriptedPayPal, settled: str
) -> None:
    captures = (capture("DECLINED", id="C0"), capture(settled), capture("PENDING", id="C2"))
    paypal.says("GET", ORDER, Answer(body=order("COMPLETED", *captures)))

    outcome = perform(paypal)

    assert isinstance(outcome, o.Approved)
    assert outcome.capture_reference == "C1"


@pytest.mark.parametrize("status", ["DECLINED", "FAILED"])
def test_a_refused_capture_of_a_completed_order_is_a_decline(
    paypal: ScriptedPayPal, status: str
) -> None:
    paypal.says("GET", ORDER, Answer(body=order()))
    paypal.says("POST", CAPTURE, Answer(201, order("COMPLETED", capture(status))))

    outcome = perform(paypal)

    assert isinstance(outcome, o.Declined)
    assert outcome.code == "capture_declined"


def test_an_intent_to_authorize_is_not_captured(paypal: ScriptedPayPal) -> None:
    paypal.says("GET", ORDER, Answer(body=order(intent="AUTHORIZE")))

    outcome = perform(paypal)

    assert isinstance(outcome, o.Declined)
    assert outcome.code == "intent_mismatch"
    assert paypal.count("POST", CAPTURE) == 0


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
        (Answer(500), o.Indeterminate),
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
