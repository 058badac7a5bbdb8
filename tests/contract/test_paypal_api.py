"""The SDK's `Api` without its defects."""

import logging
from collections.abc import Iterator

import paypalrestsdk
import pytest
from paypalrestsdk.exceptions import BadRequest, Redirection

from shared.providers.paypal.api import PayPalApi
from shared.providers.paypal.failures import CallFailed, Kind
from tests.contract.paypal_script import TOKEN, TOKEN_PATH, Answer, ScriptedPayPal, problem

ORDER = "/v2/checkout/orders/O1"


CAPTURE = f"{ORDER}/capture"


@pytest.fixture
def paypal() -> Iterator[ScriptedPayPal]:
    with ScriptedPayPal() as opened:
        yield opened


def test_a_capture_is_sent_with_its_key_and_an_empty_object(paypal: ScriptedPayPal) -> None:
    paypal.says("POST", CAPTURE, Answer(201, {"id": "O1"}))

    PayPalApi(paypal.config()).send(CAPTURE[1:], {}, "key-1")

    sent = paypal.asked[-1]
    assert sent.body == b"{}"
    assert sent.headers["PayPal-Request-Id"] == "key-1"
    assert sent.headers["Prefer"] == "return=representation"
    assert sent.headers["Content-Type"] == "application/json"


def test_a_read_has_no_body(paypal: ScriptedPayPal) -> None:
    paypal.says("GET", ORDER, Answer(body={"id": "O1"}))

    PayPalApi(paypal.config()).get(ORDER)

    assert paypal.asked[-1].body == b""


def test_a_400_raises_like_every_other_refusal(paypal: ScriptedPayPal) -> None:
    paypal.says("POST", CAPTURE, Answer(400, problem("INVALID_PARAMETER_VALUE", "INVALID_REQUEST")))

    with pytest.raises(BadRequest):
        PayPalApi(paypal.config()).post(CAPTURE, {})


def test_a_redirect_is_not_followed_with_the_token(paypal: ScriptedPayPal) -> None:
    paypal.says("POST", CAPTURE, Answer(302, headers={"Location": f"{paypal.url}/stolen"}))

    with pytest.raises(Redirection):
        PayPalApi(paypal.config()).post(CAPTURE, {})

    assert [asked.path for asked in paypal.asked] == [TOKEN_PATH, CAPTURE]


def test_the_sdks_own_classes_work_through_it(paypal: ScriptedPayPal) -> None:
    paypal.says("POST", "/v1/payments/payment", Answer(201, {"id": "PAYID-1", "state": "created"}))
    api = PayPalApi(paypal.config())
    payment = paypalrestsdk.Payment({"intent": "sale"}, api=api)
    payment.request_id = "chosen"

    created = payment.create()

    assert created
    assert payment.id == "PAYID-1"
    assert paypal.asked[-1].headers["PayPal-Request-Id"] == "chosen"
    assert paypalrestsdk.api.__api__ is None


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(500, b"<html>"), id="a server error"),
        pytest.param(Answer(200, b'{"id": "O1'), id="half an answer"),
        pytest.param(Answer(200, b"[1]"), id="a list"),
        pytest.param(Answer(200, b"[" * 100_000), id="too deep"),
        pytest.param(Answer(200, b"\xff"), id="no text"),
        pytest.param(Answer(404, b"<html>nginx</html>"), id="another server's 404"),
        pytest.param(Answer(302, headers={"Location": "/elsewhere"}), id="a redirect"),
        pytest.param(Answer(308, headers={"Location": "/elsewhere"}), id="an odd redirect"),
        pytest.param(Answer(408, problem("TIMEOUT")), id="a proxy's time-out"),
    ],
)
def test_a_post_that_may_have_been_carried_out_is_never_repeated(
    paypal: ScriptedPayPal, answer: Answer
) -> None:
    paypal.says("POST", CAPTURE, answer, Answer(201, {"id": "O1"}))

    with pytest.raises(CallFailed) as failed:
        PayPalApi(paypal.config()).send(CAPTURE[1:], {}, "key-1")

    assert failed.value.problem.kind is Kind.LOST
    assert paypal.count("POST", CAPTURE) == 1


@pytest.mark.parametrize("answer", [Answer(503, b"<html>"), Answer(200, b""), Answer(200, b"[]")])
def test_a_read_is_repeated_after_a_brief_failure(paypal: ScriptedPayPal, answer: Answer) -> None:
    expected = {} if answer.body == b"" else {"id": "O1"}
    paypal.says("GET", ORDER, answer, answer, Answer(body={"id": "O1"}))

    read = PayPalApi(paypal.config()).read(ORDER[1:])

    assert read == expected


def test_a_lasting_failure_to_read_is_given_up(paypal: ScriptedPayPal) -> None:
    paypal.says("GET", ORDER, Answer(503))

    with pytest.raises(CallFailed) as failed:
        PayPalApi(paypal.config()).read(ORDER[1:])

    assert failed.value.problem.kind is Kind.LOST
    assert paypal.count("GET", ORDER) == 3


def test_nothing_secret_is_logged_even_at_debug(
    paypal: ScriptedPayPal, caplog: pytest.LogCaptureFixture
) -> None:
    paypal.says("POST", CAPTURE, Answer(422, problem("INSTRUMENT_DECLINED") | {"payer": "ann@x"}))
    caplog.set_level(logging.DEBUG)

    with pytest.raises(CallFailed) as failed:
        PayPalApi(paypal.config()).send(CAPTURE[1:], {"payer_id": "PAYER13"}, "key-1")

    said = caplog.text + repr(failed.value) + repr(failed.value.problem) + repr(paypal.config())
    secrets = ("client-secret", "Basic ", TOKEN["access_token"], "PAYER13", "ann@x")
    assert "INSTRUMENT_DECLINED" in said
    assert [secret for secret in secrets if str(secret) in said] == []
    assert failed.value.__cause__ is None
    assert not logging.getLogger("paypalrestsdk.api").isEnabledFor(logging.INFO)
