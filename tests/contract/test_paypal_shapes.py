"""What answers come to that fail, keep silent, or show something else than a capture."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest

from shared.domain import outcomes as o
from shared.providers.base import ChargeRequest
from shared.providers.http import CallLimits
from shared.providers.paypal import PayPalProvider
from tests.contract.paypal_pages import (
    BY_ORDER,
    CAPTURE,
    CHARGE,
    ORDER,
    US,
    capture,
    order,
    perform,
)
from tests.contract.paypal_script import TOKEN_PATH, Answer, ScriptedPayPal, problem
from tests.contract.rig import PRICE


@pytest.fixture
def paypal() -> Iterator[ScriptedPayPal]:
    with ScriptedPayPal() as opened:
        yield opened


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
            order("COMPLETED", capture(amount={"value": "19.99", "currency_code": "QQQ"})),
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
    ("method", "path", "expected"),
    [
        ("POST", TOKEN_PATH, o.NotSent),
        ("GET", ORDER, o.NotSent),
        ("POST", CAPTURE, o.Indeterminate),
    ],
)
def test_a_silent_paypal_is_given_up_within_the_deadline_of_the_whole_charge(
    paypal: ScriptedPayPal, method: str, path: str, expected: type[o.Outcome]
) -> None:
    silence = threading.Event()
    paypal.says("GET", ORDER, Answer(body=order()))
    paypal.says(method, path, Answer(gate=silence))
    hasty = CallLimits(connect_timeout=10, read_timeout=60, total_deadline=2)
    adapter = PayPalProvider(paypal.config(hasty))
    call = adapter.freeze(ChargeRequest(CHARGE, US, PRICE, BY_ORDER))
    started = monotonic()

    outcome = adapter.perform(call, BY_ORDER, "key")
    took = monotonic() - started
    silence.set()

    assert isinstance(outcome, expected)
    assert took < 15
