"""How the issuer's key set is fetched, and from what kinds of issuers it is not."""

import socket

import pytest

from api_shim.key_sets import LARGEST_SET, KeysUnavailable, key_set_at
from tests.contract.wire import Script, reply, serving
from tests.unit.issuer import both_keys


def say(answer: bytes) -> Script:
    return lambda connection: connection.sendall(answer)


def silence(connection: socket.socket) -> None:
    connection.recv(1)


def test_a_key_set_is_fetched_over_http_once() -> None:
    with serving(say(reply(both_keys()))) as (url, requests):
        keys = key_set_at(f"{url}/keys")
        found = [key.kid for _ in range(20) for key in keys.find("ES256", "e")]

    assert found == ["e"] * 20
    assert len(requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(reply(b"", "500 Internal Server Error"), id="broken"),
        pytest.param(reply(both_keys(), "404 Not Found"), id="not found"),
        pytest.param(both_keys(), id="no HTTP"),
        pytest.param(reply(b" " * LARGEST_SET + both_keys()), id="too large"),
    ],
)
def test_an_answer_that_is_no_key_set_is_not_taken(answer: bytes) -> None:
    with serving(say(answer)) as (url, _), pytest.raises(KeysUnavailable):
        key_set_at(url).find("ES256", "e")


def test_a_redirect_is_not_followed() -> None:
    with serving(say(reply(both_keys()))) as (elsewhere, visits):
        moved = reply(b"", "302 Found", f"Location: {elsewhere}/keys")
        with serving(say(moved)) as (url, _), pytest.raises(KeysUnavailable):
            key_set_at(url).find("ES256", "e")

    assert visits == []


def test_an_issuer_that_says_nothing_is_given_up() -> None:
    with serving(silence) as (url, requests), pytest.raises(KeysUnavailable):
        key_set_at(url).find("ES256", "e")

    assert len(requests) == 1
