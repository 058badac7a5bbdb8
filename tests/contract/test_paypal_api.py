"""The SDK's `Api` without its defects."""

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import paypalrestsdk
import pytest
from paypalrestsdk.exceptions import BadRequest, Redirection, UnauthorizedAccess

from shared.providers.http import CallLimits, NotConnected
from shared.providers.paypal.api import PayPalApi
from shared.providers.paypal.failures import CallFailed, Kind
from tests.contract.paypal_script import TOKEN, TOKEN_PATH, Answer, ScriptedPayPal, problem

ORDER = "/v2/checkout/orders/O1"
CAPTURE = f"{ORDER}/capture"


@pytest.fixture
def paypal() -> Iterator[ScriptedPayPal]:
    with ScriptedPayPal() as opened:
        yield opened


def test_a_lasting_401_costs_one_renewal(paypal: ScriptedPayPal) -> None:
    paypal.says("GET", ORDER, Answer(401, {"error": "invalid_token"}))
    api = PayPalApi(paypal.config())

    with pytest.raises(UnauthorizedAccess):
        api.get(ORDER)

    assert (paypal.count("GET", ORDER), paypal.count("POST", TOKEN_PATH)) == (2, 2)


def test_an_expired_token_is_renewed_and_the_call_repeated(paypal: ScriptedPayPal) -> None:
    paypal.says("POST", CAPTURE, Answer(401), Answer(201, {"id": "O1"}))
    paypal.says(
        "POST", TOKEN_PATH, Answer(body=TOKEN), Answer(body=TOKEN | {"access_token": "newer"})
    )
    api = PayPalApi(paypal.config())

    answer = api.send(CAPTURE[1:], {}, "key-1")

    sent = [asked for asked in paypal.asked if asked.path == CAPTURE]
    assert answer == {"id": "O1"}
    assert [asked.headers["PayPal-Request-Id"] for asked in sent] == ["key-1", "key-1"]
    assert sent[1].headers["Authorization"] == "Bearer newer"


def test_many_threads_share_one_token(paypal: ScriptedPayPal) -> None:
    paypal.says("GET", ORDER, Answer(body={"id": "O1"}))
    api = PayPalApi(paypal.config())

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: api.read(ORDER[1:]), range(24)))

    assert answers == [{"id": "O1"}] * 24
    assert paypal.count("POST", TOKEN_PATH) == 1


def test_many_threads_renew_a_refused_token_once(paypal: ScriptedPayPal) -> None:
    paypal.says("GET", ORDER, Answer(body={"id": "O1"}))
    api = PayPalApi(paypal.config())
    api.read(ORDER[1:])
    together = threading.Event()
    refusals = [Answer(401, gate=together)] * 6
    paypal.says("GET", ORDER, *refusals, Answer(body={"id": "O1"}))

    with ThreadPoolExecutor(6) as pool:
        running = [pool.submit(api.read, ORDER[1:]) for _ in range(6)]
        together.set()
        answers = [each.result() for each in running]

    assert answers == [{"id": "O1"}] * 6
    assert paypal.count("POST", TOKEN_PATH) == 2


@pytest.mark.parametrize(("seconds", "tokens"), [(32400, 1), (60, 3), (None, 3)])
def test_a_token_is_not_used_in_its_last_minute(
    paypal: ScriptedPayPal, seconds: int | None, tokens: int
) -> None:
    paypal.says("POST", TOKEN_PATH, Answer(body=TOKEN | {"expires_in": seconds}))
    paypal.says("GET", ORDER, Answer(body={"id": "O1"}))
    api = PayPalApi(paypal.config())

    for _ in range(3):
        api.read(ORDER[1:])

    assert paypal.count("POST", TOKEN_PATH) == tokens


def test_the_callers_headers_stay_out_of_the_token_request(paypal: ScriptedPayPal) -> None:
    paypal.says("POST", CAPTURE, Answer(201, {"id": "O1"}))
    headers = {"PayPal-Request-Id": "key-1", "Authorization": "Bearer mine", "X-Mine": "1"}

    PayPalApi(paypal.config()).post(CAPTURE, {}, headers)

    token_request, capture = paypal.asked
    assert token_request.headers["Authorization"].startswith("Basic ")
    assert token_request.body == b"grant_type=client_credentials"
    assert not {"PayPal-Request-Id", "X-Mine"} & token_request.headers.keys()
    assert capture.headers["Authorization"] == f"Bearer {TOKEN['access_token']}"


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


def test_only_the_apps_own_token_is_ever_asked_for(paypal: ScriptedPayPal) -> None:
    api = PayPalApi(paypal.config())

    with pytest.raises(ValueError, match="client credentials"):
        api.get_access_token(authorization_code="code")
    with pytest.raises(ValueError, match="client credentials"):
        api.get(ORDER, refresh_token="refresh")

    assert paypal.asked == []


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


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(401, {"error": "invalid_client"}), Kind.CREDENTIALS),
        (Answer(400, {"error": "unsupported_grant_type"}), Kind.CREDENTIALS),
        (Answer(403, problem("PERMISSION_DENIED", "NOT_AUTHORIZED")), Kind.CREDENTIALS),
        (Answer(429, headers={"Retry-After": "9"}), Kind.DEFERRED),
        (Answer(500, b"<html>"), Kind.UNSENT),
        (Answer(200, b"{}"), Kind.UNSENT),
        (Answer(200, b"nonsense"), Kind.UNSENT),
    ],
)
def test_without_a_token_nothing_was_sent(
    paypal: ScriptedPayPal, answer: Answer, kind: Kind
) -> None:
    paypal.says("POST", TOKEN_PATH, answer)

    with pytest.raises(CallFailed) as failed:
        PayPalApi(paypal.config()).send(CAPTURE[1:], {}, "key-1")

    assert failed.value.problem.kind is kind
    assert paypal.count("POST", CAPTURE) == 0


def test_a_thread_does_not_wait_for_anothers_token_for_ever(paypal: ScriptedPayPal) -> None:
    silence = threading.Event()
    paypal.says("POST", TOKEN_PATH, Answer(body=TOKEN, gate=silence))
    limits = CallLimits(connect_timeout=10, read_timeout=10, total_deadline=1)
    api = PayPalApi(paypal.config(limits))

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(api.get, ORDER) for _ in range(4)]
        errors = [each.exception() for each in running]
        silence.set()

    assert all(errors)
    assert any(isinstance(error, NotConnected) for error in errors)


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
