"""Pages of other origins: those that the settings name, and no others."""

from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from tests.api.platform import BUYER, Platform, make_platform

SHOP = "https://tickets.example"


@pytest.fixture(scope="module")
def admitting(database_url: str, redis: str) -> Iterator[Platform]:
    made = make_platform(database_url, redis, cors_origins=f"{SHOP}, http://127.0.0.1:8080")
    yield made
    made.deps.engine.dispose()


def may_i(platform: Platform, origin: str, path: str = "/v1/orders/1/charge") -> TestResponse:
    return platform.ask(
        "OPTIONS",
        path,
        Origin=origin,
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers="authorization, content-type, if-none-match",
    )


def admitted(answer: TestResponse) -> str | None:
    return answer.headers.get("Access-Control-Allow-Origin")


def test_a_page_of_an_admitted_origin_may_charge_with_its_token(admitting: Platform) -> None:
    answer = may_i(admitting, SHOP)

    assert (answer.status_code, admitted(answer)) == (204, SHOP)
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"] == (
        "authorization, content-type, if-none-match"
    )


def test_a_page_of_another_origin_may_not(admitting: Platform, platform: Platform) -> None:
    stranger = may_i(admitting, "https://evil.example")
    by_default = may_i(platform, SHOP)

    assert (admitted(stranger), admitted(by_default)) == (None, None)


def test_without_an_origin_options_says_what_a_path_allows(platform: Platform) -> None:
    answer = platform.ask("OPTIONS", "/v1/orders/1/charge")

    assert (answer.status_code, answer.data) == (204, b"")
    assert "Content-Type" not in answer.headers
    assert set(answer.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


def test_an_admitted_page_reads_what_following_a_charge_takes(admitting: Platform) -> None:
    link = admitting.charged()

    answer = admitting.ask("GET", link, as_=BUYER, Origin=SHOP)

    assert admitted(answer) == SHOP
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"ETag", "Retry-After", "Location"} <= set(exposed)


def test_an_admitted_page_reads_errors_too(admitting: Platform) -> None:
    answer = admitting.ask("GET", "/v1/orders", Origin=SHOP)

    assert (answer.status_code, admitted(answer)) == (401, SHOP)


def test_no_cookie_is_admitted_and_nothing_beside_the_api(admitting: Platform) -> None:
    api, webhooks = may_i(admitting, SHOP), may_i(admitting, SHOP, "/webhooks/stripe")

    assert "Access-Control-Allow-Credentials" not in api.headers
    assert admitted(webhooks) is None
