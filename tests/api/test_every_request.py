"""The rules for every request: the order of checks, media types, errors in the one format."""

from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from tests.api.factories import charge_document
from tests.api.platform import BUYER, JSON_API, PLATFORM, Platform, error_of

CHARGE = charge_document(stripe="tok_visa")


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        (lambda p: p.ask("GET", "/v1/nothing"), 404),
        (lambda p: p.ask("GET", "/"), 404),
        (lambda p: p.ask("PUT", "/v1/orders"), 405),
        (lambda p: p.ask("POST", "/v1/events", b"{}"), 401),
        (lambda p: p.ask("POST", "/v1/events", b"{", as_=PLATFORM), 400),
        (lambda p: p.ask("POST", "/v1/events", b"\xff\xfe", as_=PLATFORM), 400),
        (lambda p: p.ask("POST", "/v1/events", b"[" * 60_000, as_=PLATFORM), 400),
        (lambda p: p.ask("POST", "/v1/events", b" " * 70_000, as_=PLATFORM), 413),
        (lambda p: p.ask("POST", "/v1/events", b"{}", as_=PLATFORM, Content_Type="text/json"), 415),
        (lambda p: p.ask("GET", "/v1/orders", as_=BUYER, Accept="text/html"), 406),
        (lambda p: p.ask("GET", "/v1/orders/1e9", as_=BUYER), 404),
        (lambda p: p.ask("POST", "/webhooks/stripe", b"{}"), 400),
    ],
)
def test_every_error_is_an_error_document(
    platform: Platform, ask: Callable[[Platform], TestResponse], status: int
) -> None:
    answer = ask(platform)

    error = error_of(answer)
    assert error["status"] == str(status)
    assert error["id"]
    assert {"code", "title", "detail"} <= set(error)


def test_an_error_and_its_answer_name_the_same_request(platform: Platform) -> None:
    answer = platform.ask("GET", "/v1/nothing")

    assert error_of(answer)["id"] == answer.headers["X-Request-Id"]


def test_who_asks_is_checked_before_how(platform: Platform) -> None:
    answer = platform.ask("POST", "/v1/events", b"[", Content_Type="text/plain", Accept="text/html")

    assert answer.status_code == 401


def test_media_types_are_checked_before_json(platform: Platform) -> None:
    sent = {"Content_Type": "application/json"}

    answer = platform.ask("POST", "/v1/events", b"[", as_=BUYER, **sent)

    assert answer.status_code == 415


def test_json_and_schema_are_checked_before_permission(platform: Platform) -> None:
    broken = platform.ask("POST", "/v1/events", b"[", as_=BUYER)
    shapeless = platform.ask("POST", "/v1/events", {"data": {"type": "event"}}, as_=BUYER)

    assert (broken.status_code, shapeless.status_code) == (400, 422)


def test_permission_is_checked_before_state(platform: Platform) -> None:
    order = platform.order(amount="0")

    answer = platform.charge(order, as_={"sub": "stranger"})

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (JSON_API, 202),
        ("Application/VND.API+JSON", 202),
        (f'{JSON_API}; profile="http://example.org/p"', 202),
        (f'{JSON_API}; ext="http://example.org/e"', 415),
        (f"{JSON_API}; charset=utf-8", 415),
        ("application/json", 415),
        ("", 415),
    ],
)
def test_a_body_is_json_api(platform: Platform, content_type: str, status: int) -> None:
    path = f"/v1/orders/{platform.order()}/charge"

    answer = platform.ask("POST", path, CHARGE, as_=BUYER, Content_Type=content_type)

    assert answer.status_code == status


@pytest.mark.parametrize(
    "accept", ["*/*", "application/*", JSON_API, f"text/html, {JSON_API};q=0.1"]
)
def test_whoever_takes_json_api_is_served(platform: Platform, accept: str) -> None:
    answer = platform.ask("GET", "/v1/orders", as_=BUYER, Accept=accept)

    assert answer.content_type == JSON_API


@pytest.mark.parametrize("accept", ["text/html", "application/json", f"{JSON_API};q=0"])
def test_whoever_takes_something_else_is_not(platform: Platform, accept: str) -> None:
    assert platform.ask("GET", "/v1/orders", as_=BUYER, Accept=accept).status_code == 406


def test_two_members_of_one_name_never_charge_twice(platform: Platform) -> None:
    body = b'{"data": {"type": "charge", "attributes": {"stripe": "tok_a", "stripe": "tok_visa"}}}'
    order = platform.order()

    answer = platform.ask("POST", f"/v1/orders/{order}/charge", body, as_=BUYER)

    assert answer.status_code == 202
    assert platform.charge(order).headers["Idempotent-Replayed"] == "true"
