"""Who may acts, with a reason, once; everybody else changes nothing."""

import uuid

import pytest

from tests.api.platform import Platform
from tests.ops.conftest import Desk, SitDown

ACTIONS = [
    "/ops/charges/1/retry",
    "/ops/charges/1/cancel",
    "/ops/charges/1/resolve",
    "/ops/circuits/pause",
    "/ops/charges/1/refund",
    "/ops/charges/1/reconcile",
    "/ops/refunds/1/resolve",
    "/ops/differences/1/explain",
    "/ops/differences/compare",
    "/ops/webhooks/1/replay",
    "/ops/outbound/1/replay",
]
PAUSE = {"provider": "stripe", "account": ""}


def on_record(platform: Platform) -> int:
    ((count,),) = platform.sql("SELECT count(*) FROM operator_actions")
    return int(count)


def paused(platform: Platform) -> int:
    ((count,),) = platform.sql("SELECT count(*) FROM circuits WHERE state = 'paused'")
    return int(count)


@pytest.mark.parametrize("path", [*ACTIONS, "/ops/circuits/resume"])
def test_who_is_not_signed_in_does_nothing(
    platform: Platform, sit_down: SitDown, path: str
) -> None:
    before = on_record(platform)

    assert sit_down(None).act(path, **PAUSE).status_code == 401

    assert on_record(platform) == before


@pytest.mark.parametrize("path", [*ACTIONS, "/ops/circuits/resume"])
def test_who_may_only_read_does_nothing(platform: Platform, reader: Desk, path: str) -> None:
    before = on_record(platform)

    answer = reader.act(path, **PAUSE)

    assert answer.status_code == 403
    assert "ops:act" in answer.text
    assert on_record(platform) == before


@pytest.mark.parametrize("csrf", ["", "another session's"])
def test_a_form_of_another_site_does_nothing(platform: Platform, actor: Desk, csrf: str) -> None:
    before = on_record(platform)

    answer = actor.act("/ops/circuits/pause", csrf=csrf, **PAUSE)

    assert answer.status_code == 400
    assert (on_record(platform), paused(platform)) == (before, 0)


def test_no_reason_no_action(platform: Platform, actor: Desk) -> None:
    answer = actor.act("/ops/circuits/pause", reason=" ", **PAUSE)

    assert answer.status_code == 409
    assert "Say why" in answer.text
    assert paused(platform) == 0


@pytest.mark.parametrize("wrong", [{"once": "1"}, {"provider": "ours"}])
def test_a_form_that_is_none_does_nothing(
    platform: Platform, actor: Desk, wrong: dict[str, str]
) -> None:
    assert actor.act("/ops/circuits/pause", **PAUSE | wrong).status_code == 400

    assert paused(platform) == 0


def test_a_form_that_is_sent_twice_acts_once(platform: Platform, actor: Desk) -> None:
    before = on_record(platform)
    once = str(uuid.uuid4())

    answers = [actor.act("/ops/circuits/pause", once=once, **PAUSE) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert (on_record(platform), paused(platform)) == (before + 1, 1)
    assert "paused by grace: the buyer called" in actor.get("/ops/circuits").text
    actor.act("/ops/circuits/resume", **PAUSE)
    assert paused(platform) == 0
    audit = actor.get("/ops/audit").text
    assert audit.index("circuit.resume") < audit.index("circuit.pause")
    assert "grace" in audit
