"""The access token: one for all threads, renewed once, never leaked."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from paypalrestsdk.exceptions import UnauthorizedAccess

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
        while paypal.count("GET", ORDER) < 1 + 6 and not any(each.done() for each in running):
            time.sleep(0.01)
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


def test_only_the_apps_own_token_is_ever_asked_for(paypal: ScriptedPayPal) -> None:
    api = PayPalApi(paypal.config())

    with pytest.raises(ValueError, match="client credentials"):
        api.get_access_token(authorization_code="code")
    with pytest.raises(ValueError, match="client credentials"):
        api.get(ORDER, refresh_token="refresh")

    assert paypal.asked == []


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
