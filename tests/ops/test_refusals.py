"""Whatever goes wrong at /ops is told in a page, that says what was changed, and leads on."""

from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from api_shim.console.session import LONGEST
from tests.api.platform import Platform, make_platform
from tests.ops.conftest import ACTOR, READER, Desk, SitDown

RETRY = "/ops/charges/1/retry"


def said(answer: TestResponse) -> str:
    """What a page says is wrong."""
    assert answer.mimetype == "text/html"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    return answer.text.partition('role="alert">')[2].partition("</p>")[0]


@pytest.fixture
def away(redis: str) -> Iterator[Platform]:
    """The shim without a database."""
    made = make_platform("postgresql://127.0.0.1:1/nowhere", redis)
    yield made
    made.deps.engine.dispose()


def expired(sit_down: SitDown) -> Desk:
    desk = sit_down(ACTOR)
    with desk.client.session_transaction(path="/ops") as held:
        held["ends"] -= LONGEST + 1
    return desk


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/ops/nowhere", "/ops/charges/x", "/ops/circuits/1/pause"])
def test_a_page_that_is_none_is_said_to_be_none(actor: Desk, method: str, path: str) -> None:
    answer = actor.get(path) if method == "GET" else actor.act(path)

    assert answer.status_code == 404
    assert "There is no page" in said(answer)


@pytest.mark.parametrize("path", ["/ops/search?q=%00", "/ops/charges?status=%00"])
def test_a_text_that_the_database_cannot_hold_is_refused(actor: Desk, path: str) -> None:
    for answer in (actor.get(path), actor.act("/ops/circuits/pause", reason="why\0")):
        assert answer.status_code == 400
        assert "NUL" in said(answer)


@pytest.mark.parametrize("number", [-(10**30), 10**30, "x"])
@pytest.mark.parametrize("page", ["outbound", "webhooks", "charges", "reviews"])
def test_a_page_that_no_list_has_is_one_of_its_pages(
    reader: Desk, page: str, number: object
) -> None:
    assert reader.get(f"/ops/{page}?before={number}&after={number}").status_code == 200


def test_what_needs_another_scope_says_which(reader: Desk) -> None:
    answer = reader.act(RETRY)

    assert answer.status_code == 403
    assert "ops:act" in said(answer)


def test_a_form_sent_after_the_session_ended_changes_nothing_and_leads_back(
    sit_down: SitDown,
) -> None:
    answer = expired(sit_down).act(RETRY)

    assert answer.status_code == 401
    assert said(answer) == "Your session has ended: nothing was changed."
    assert 'href="/ops/sign-in?next=/ops/charges/1"' in answer.text


def test_a_page_after_the_session_ended_asks_to_sign_in_again(sit_down: SitDown) -> None:
    answer = expired(sit_down).get("/ops/charges")

    assert "Your session has ended. Sign in again." in said(answer)
    assert 'value="/ops/charges"' in answer.text
    assert "has ended" not in sit_down(None).get("/ops/charges").text


def test_without_a_database_a_page_says_so(away: Platform) -> None:
    desk = Desk(away.app.test_client())
    desk.post("/ops/sign-in", token=away.token(READER))

    answer = desk.get("/ops")

    assert answer.status_code == 503
    assert "The database cannot be reached" in said(answer)
    assert answer.headers["Retry-After"]


def test_a_fault_of_ours_names_the_request_and_nothing_of_the_fault(
    platform: Platform, reader: Desk
) -> None:
    platform.sql("ALTER TABLE operator_actions RENAME COLUMN actor TO secret_name")

    answer = reader.get("/ops/audit")

    platform.sql("ALTER TABLE operator_actions RENAME COLUMN secret_name TO actor")
    assert answer.status_code == 500
    assert said(answer) == "Something went wrong on our side."
    assert answer.headers["X-Request-Id"] in answer.text
    assert "actor" not in answer.text


def test_who_asks_too_often_is_told_in_a_page(database_url: str, redis: str) -> None:
    made = make_platform(database_url, redis, rate_limit_per_address="1/hour")
    client = made.app.test_client()
    address = {"REMOTE_ADDR": "192.0.2.7"}

    answers = [client.get("/ops/sign-in", environ_base=address) for _ in range(2)]

    assert answers[1].status_code == 429
    assert "Slow down" in said(answers[1])
    assert int(answers[1].headers["Retry-After"]) > 0
    made.deps.engine.dispose()
