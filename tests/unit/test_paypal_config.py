"""What the PayPal adapter is set up with: a config that could not work safely is refused."""

import os
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from shared.providers.paypal import PayPalConfig
from shared.providers.paypal.per_process import PerProcess


def config(**members: Any) -> PayPalConfig:
    given: dict[str, Any] = {
        "client_id": "client",
        "client_secret": "client-secret",
        "mode": "live",
        "webhook_id": "6LX83904LK182640U",
        "cert_roots_pem": b"PEM",
        "return_url": "https://shop.example.com/return",
        "cancel_url": "https://shop.example.com/cancel",
    }
    return PayPalConfig(**given | members)


@pytest.mark.parametrize(
    "members",
    [
        {"client_id": ""},
        {"client_secret": ""},
        {"webhook_id": ""},
        {"webhook_id": "WEBHOOK_ID"},
        {"cert_roots_pem": b""},
        {"mode": "production"},
        {"api_base": "http://api-m.paypal.com"},
        {"api_base": "http://127.0.0.1.evil.example"},
        {"api_base": "api-m.paypal.com"},
    ],
)
def test_what_could_not_work_safely_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"[Pp]ay[Pp]al"):
        config(**members)


def test_the_mode_says_where_paypal_is_and_whether_money_is_real() -> None:
    live, sandbox = config(), config(mode="sandbox")

    assert (live.base, live.livemode) == ("https://api-m.paypal.com", True)
    assert (sandbox.base, sandbox.livemode) == ("https://api-m.sandbox.paypal.com", False)
    assert live.signing_hosts == {"api.paypal.com", "api-m.paypal.com"}
    assert not live.signing_hosts & sandbox.signing_hosts


def test_a_slash_at_the_end_of_the_address_is_dropped() -> None:
    assert config(api_base="http://127.0.0.1:4242/").base == "http://127.0.0.1:4242"


def test_the_secret_is_not_shown() -> None:
    assert "client-secret" not in repr(config())


def test_a_value_is_made_once_a_process() -> None:
    numbers: Iterator[int] = count(1)
    made = PerProcess(lambda: next(numbers))

    assert [made.get() for _ in range(3)] == [1, 1, 1]


def test_a_forked_child_makes_its_own() -> None:
    made = PerProcess(os.getpid)
    before = made.get()
    readable, writable = os.pipe()

    child = os.fork()
    if child == 0:
        os.write(writable, str(made.get()).encode())
        os._exit(0)
    os.waitpid(child, 0)

    assert int(os.read(readable, 20)) == child != before
    os.close(readable)
    os.close(writable)
