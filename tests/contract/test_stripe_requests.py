"""What the Stripe adapter puts on the wire."""

import json
import os
import socket
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import parse_qs

import pytest

from shared.domain import outcomes as o
from shared.domain.charge import StripeToken
from shared.providers.base import FrozenCall
from shared.providers.http import CallLimits
from tests.contract.stripe_wire import (
    CHARGE,
    INTENT,
    KEY,
    METHOD,
    ORDER,
    PAYMENT_METHOD,
    TOKEN,
    adapter,
    answer,
    freeze,
    refusal,
)
from tests.contract.wire import Script, in_turn, serving


def both() -> Script:
    return in_turn(answer(PAYMENT_METHOD), answer(INTENT))


def headers_of(request: bytes) -> dict[str, str]:
    lines = request.split(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return dict(line.split(": ", 1) for line in lines)


def params_of(request: bytes) -> dict[str, list[str]]:
    return parse_qs(request.split(b"\r\n\r\n", 1)[1].decode(), strict_parsing=True)


def line_of(request: bytes) -> str:
    return request.split(b"\r\n", 1)[0].decode()


def test_a_token_is_charged_in_two_calls_with_a_key_each() -> None:
    with serving(both()) as (url, seen):
        adapter(url).perform(freeze(TOKEN), TOKEN, KEY)

    assert [line_of(request) for request in seen] == [
        "POST /v1/payment_methods HTTP/1.1",
        "POST /v1/payment_intents HTTP/1.1",
    ]
    assert [headers_of(request)["Idempotency-Key"] for request in seen] == [
        f"{KEY}:pm",
        f"{KEY}:pi",
    ]
    assert params_of(seen[0])["card[token]"] == ["tok_visa"]
    assert params_of(seen[1])["payment_method"] == ["pm_1"]


def test_a_payment_method_is_charged_in_one_call() -> None:
    with serving(answer(INTENT)) as (url, seen):
        adapter(url).perform(freeze(), METHOD, KEY)

    assert [line_of(request) for request in seen] == ["POST /v1/payment_intents HTTP/1.1"]
    assert params_of(seen[0]) == {
        "amount": ["1999"],
        "currency": ["usd"],
        "payment_method": ["pm_card_visa"],
        "confirm": ["true"],
        "use_stripe_sdk": ["true"],
        "automatic_payment_methods[enabled]": ["true"],
        "automatic_payment_methods[allow_redirects]": ["never"],
        "description": [f"Order {ORDER}"],
        "metadata[charge]": [str(CHARGE)],
        "metadata[order]": [str(ORDER)],
        "expand[0]": ["latest_charge"],
    }


def test_the_same_call_makes_the_same_bytes() -> None:
    stored = json.loads(json.dumps(freeze(TOKEN).body, sort_keys=True))

    with serving(in_turn(answer(PAYMENT_METHOD), answer(INTENT), answer(PAYMENT_METHOD))) as (
        url,
        seen,
    ):
        for call in (freeze(TOKEN), FrozenCall(freeze(TOKEN).operation, stored)):
            adapter(url).perform(call, TOKEN, KEY)

    first, again = seen[0], seen[2]
    assert params_of(first) == params_of(again)
    assert headers_of(first) == headers_of(again)


def test_a_call_keeps_the_api_version_it_was_frozen_under() -> None:
    call = freeze()
    older = FrozenCall(call.operation, call.body | {"api_version": "2024-06-20"})

    with serving(answer(INTENT)) as (url, seen):
        adapter(url).perform(older, METHOD, KEY)

    assert headers_of(seen[0])["Stripe-Version"] == "2024-06-20"


def test_a_connected_account_is_charged_for_in_every_call() -> None:
    call = freeze(TOKEN, account="acct_1")

    with serving(both()) as (url, seen):
        outcome = adapter(url).perform(call, TOKEN, KEY)
        adapter(url).fetch("pi_1", "acct_1")

    assert [headers_of(request)["Stripe-Account"] for request in seen] == ["acct_1"] * 3
    assert isinstance(outcome, o.Approved)
    assert outcome.account == "acct_1"


def test_the_platforms_own_charges_name_no_account() -> None:
    with serving(answer(INTENT)) as (url, seen):
        adapter(url).perform(freeze(), METHOD, KEY)

    assert "Stripe-Account" not in headers_of(seen[0])


def test_a_post_that_may_have_arrived_is_never_repeated() -> None:
    with serving(refusal("500 No", "Stripe-Should-Retry: true", type="api_error")) as (url, seen):
        adapter(url).perform(freeze(), METHOD, KEY)

    assert len(seen) == 1


def test_a_read_is_tried_again_at_once() -> None:
    with serving(in_turn(refusal("503 No", type="api_error"), answer(INTENT))) as (url, seen):
        outcome = adapter(url).fetch("pi_1", None)

    assert isinstance(outcome, o.Approved)
    assert len(seen) == 2


def test_a_read_about_another_object_says_nothing() -> None:
    with serving(answer(INTENT)) as (url, _):
        outcome = adapter(url).fetch("pi_2", None)

    assert isinstance(outcome, o.Indeterminate)


def test_a_missing_object_is_no_decline() -> None:
    missing = refusal("404 No", type="invalid_request_error", code="resource_missing")

    with serving(missing) as (url, _):
        outcome = adapter(url).fetch("pi_1", None)

    assert isinstance(outcome, o.Indeterminate)


def test_both_calls_share_one_deadline() -> None:
    limits = CallLimits(connect_timeout=10, read_timeout=60, total_deadline=2)
    waited: list[float] = []

    def late(connection: socket.socket) -> None:
        sleep(1.5)
        answer(PAYMENT_METHOD)(connection)

    def hang(connection: socket.socket) -> None:
        started = monotonic()
        connection.recv(1)
        waited.append(monotonic() - started)

    with serving(in_turn(late, hang)) as (url, _):
        outcome = adapter(url, limits).perform(freeze(TOKEN), TOKEN, KEY)

    assert isinstance(outcome, o.Indeterminate | o.NotSent)
    assert all(seconds < 1.7 for seconds in waited)


def test_stripe_learns_nothing_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    with serving(answer(INTENT)) as (url, seen):
        for _ in range(2):
            adapter(url).perform(freeze(), METHOD, KEY)

    client = json.loads(headers_of(seen[1])["X-Stripe-Client-User-Agent"])
    assert "X-Stripe-Client-Telemetry" not in headers_of(seen[1])
    assert not {"telemetry_id", "platform"} & client.keys()
    assert list(tmp_path.iterdir()) == []


def test_no_log_shows_an_instrument_or_a_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    leaky = refusal("400 No", type="invalid_request_error", message="No such token: 'tok_visa'")

    with serving(leaky) as (url, _):
        adapter(url).perform(freeze(TOKEN), TOKEN, KEY)

    assert "tok_visa" not in caplog.text
    assert "sk_test_1" not in caplog.text


def test_a_client_taken_through_a_fork_gets_connections_of_its_own() -> None:
    def keep_alive(connection: socket.socket) -> None:
        body = json.dumps(INTENT).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        connection.sendall(head + body)
        while connection.recv(65536):
            connection.sendall(head + body)

    with serving(keep_alive) as (url, connections):
        provider = adapter(url)
        provider.fetch("pi_1", None)
        if (child := os.fork()) == 0:
            approved = isinstance(provider.fetch("pi_1", None), o.Approved)
            os._exit(0 if approved else 1)
        _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert len(connections) == 2


def test_an_unknown_kind_of_token_is_left_to_stripe() -> None:
    with serving(answer(INTENT)) as (url, seen):
        instrument = StripeToken("card_1")
        adapter(url).perform(freeze(instrument), instrument, KEY)

    assert params_of(seen[0])["payment_method"] == ["card_1"]
