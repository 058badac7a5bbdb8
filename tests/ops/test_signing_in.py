"""Only who shows a good token for it once sees the console, and not for long."""

from datetime import UTC, datetime, timedelta

import pytest

from api_shim.console.session import LONGEST
from tests.api.platform import ADMIN, BUYER, ORGANIZER, PLATFORM, Platform, make_platform
from tests.ops.conftest import ACTOR, READER, Desk, SitDown

PAGES = [
    "/ops",
    "/ops/search?q=1",
    "/ops/charges",
    "/ops/reviews",
    "/ops/differences",
    "/ops/circuits",
    "/ops/audit",
    "/ops/webhooks",
    "/ops/webhooks?waiting",
    "/ops/outbound",
]


@pytest.mark.parametrize("path", [*PAGES, "/ops/charges/1"])
def test_who_is_not_signed_in_is_led_to_sign_in(sit_down: SitDown, path: str) -> None:
    answer = sit_down(None).client.get(path)

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/ops/sign-in?next=")


@pytest.mark.parametrize("path", PAGES)
def test_who_may_read_sees_every_page(reader: Desk, path: str) -> None:
    answer = reader.get(path)

    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("claims", [BUYER, ORGANIZER, PLATFORM])
def test_a_token_without_the_scope_opens_nothing(
    platform: Platform, sit_down: SitDown, claims: dict[str, str]
) -> None:
    desk = sit_down(None)

    answer = desk.post("/ops/sign-in", token=platform.token(claims))

    assert answer.status_code == 403
    assert desk.client.get("/ops").status_code == 302


def test_a_token_of_nobody_s_opens_nothing(sit_down: SitDown) -> None:
    answer = sit_down(None).post("/ops/sign-in", token="a.b.c")

    assert answer.status_code == 401
    assert "not valid" in answer.text


@pytest.mark.parametrize("claims", [READER, ACTOR, ADMIN])
def test_the_cookie_is_the_browser_s_alone(
    platform: Platform, sit_down: SitDown, claims: dict[str, str]
) -> None:
    answer = sit_down(None).post("/ops/sign-in", token=platform.token(claims))

    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/ops" in cookie
    assert platform.token(claims) not in cookie


def test_in_production_the_cookie_goes_by_https_alone(database_url: str, redis: str) -> None:
    made = make_platform(
        database_url,
        redis,
        providers=False,
        environment="production",
        stripe_connect_base="https://connect.stripe.com",
    )

    answer = made.app.test_client().get("/ops/sign-in")

    assert "Secure" in answer.headers["Set-Cookie"]
    made.deps.engine.dispose()


def test_a_session_ends_with_its_token(sit_down: SitDown) -> None:
    desk = sit_down({**READER, "exp": datetime.now(UTC) - timedelta(seconds=5)})  # within leeway

    assert desk.client.get("/ops").status_code == 302


def test_a_session_ends_long_before_a_long_token(sit_down: SitDown) -> None:
    desk = sit_down({**READER, "exp": datetime.now(UTC) + timedelta(days=30)})

    with desk.client.session_transaction(path="/ops") as held:
        ends = held["ends"]

    assert ends <= datetime.now(UTC).timestamp() + LONGEST


def test_who_signs_out_is_out(actor: Desk) -> None:
    assert actor.post("/ops/sign-out").status_code == 303

    assert actor.client.get("/ops").status_code == 302


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/ops", "//evil.example", "/\\evil.example"]
)
def test_signing_in_leads_to_no_other_site(
    platform: Platform, sit_down: SitDown, wanted: str
) -> None:
    answer = sit_down(None).post("/ops/sign-in", token=platform.token(READER), next=wanted)

    assert answer.headers["Location"] == "/ops"


def test_signing_in_leads_to_the_page_that_was_wanted(
    platform: Platform, sit_down: SitDown
) -> None:
    desk = sit_down(None)
    wanted = desk.client.get("/ops/charges?status=failed").headers["Location"]
    assert "next=/ops/charges?status%3Dfailed" in wanted

    answer = desk.post(
        "/ops/sign-in", token=platform.token(READER), next="/ops/charges?status=failed"
    )

    assert answer.headers["Location"] == "/ops/charges?status=failed"
