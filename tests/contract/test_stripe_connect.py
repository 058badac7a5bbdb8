"""How organizers' accounts come and go: through the real SDK, at the sandbox and byte by byte."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import pytest
from structlog.testing import capture_logs

from shared.domain import outcomes as o
from shared.providers.base import Disconnected
from shared.providers.connect import CodeRefused, Grant
from shared.providers.http import CallLimits
from shared.providers.stripe import StripeConfig, StripeConnect
from tests.contract.stripe_rig import StripeRig
from tests.contract.stripe_wire import LIMITS, PAGE, answer, hang, raw, reset
from tests.contract.wire import Script, in_turn, reply, serving

NOWHERE = "http://127.0.0.1:1"
HASTY = CallLimits(connect_timeout=10, read_timeout=1, total_deadline=60)
TOKEN: Mapping[str, Any] = {
    "access_token": "sk_test_organizers",
    "livemode": False,
    "refresh_token": "rt_organizers",
    "scope": "read_write",
    "stripe_publishable_key": "pk_test_organizers",
    "stripe_user_id": "acct_1",
    "token_type": "bearer",
}
SHUT = {"type": "invalid_request_error", "code": "account_invalid", "message": "No access."}


def connector(
    url: str, key: str = "sk_test_1", client_id: str = "ca_1", limits: CallLimits = LIMITS
) -> StripeConnect:
    config = StripeConfig(
        api_key=key,
        webhook_secrets=("whsec_1",),
        livemode=False,
        api_base=url,
        limits=limits,
        connect_base=url,
        client_id=client_id,
    )
    return StripeConnect(config)


def exchanged(script: Script, limits: CallLimits = LIMITS) -> object:
    with serving(script) as (url, _):
        return connector(url, limits=limits).exchange("ac_1")


def refused(error: str, description: str, status: str = "400 Bad Request") -> Script:
    return answer({"error": error, "error_description": description}, status)


def granted(stripe: StripeRig) -> Grant:
    code = stripe.control.authorization_code()["code"]
    grant = connector(stripe.url, stripe.key).exchange(code)
    assert isinstance(grant, Grant)
    return grant


def test_a_code_is_exchanged_for_the_account_that_agreed(stripe: StripeRig) -> None:
    told = stripe.control.authorization_code()

    grant = connector(stripe.url, stripe.key).exchange(told["code"])

    assert isinstance(grant, Grant)
    assert (grant.account, grant.livemode) == (told["account"], False)
    assert grant.publishable_key.startswith("pk_test_")
    assert grant.access_token.startswith("sk_test_")
    assert grant.scope == "read_write"


def test_what_is_asked_goes_to_connects_own_address() -> None:
    with serving(answer(TOKEN)) as (url, seen):
        adapter = StripeConnect(
            StripeConfig("sk_test_1", (), livemode=False, api_base=NOWHERE, connect_base=url)
        )
        adapter.exchange("ac_1")

    head, body = seen[0].decode().split("\r\n\r\n")
    assert head.startswith("POST /oauth/token HTTP/1.1")
    assert "Authorization: Bearer sk_test_1" in head
    assert parse_qs(body) == {"grant_type": ["authorization_code"], "code": ["ac_1"]}


def test_a_code_that_stripe_refuses_comes_with_its_description(stripe: StripeRig) -> None:
    spent = stripe.control.authorization_code()["code"]
    connector(stripe.url, stripe.key).exchange(spent)

    again = connector(stripe.url, stripe.key).exchange(spent)
    invented = connector(stripe.url, stripe.key).exchange("ac_invented")

    assert invented == CodeRefused("Authorization code does not exist: ac_invented")
    assert isinstance(again, CodeRefused)
    assert "already been used" in again.description


@pytest.mark.parametrize("error", ["invalid_grant", "invalid_scope", "invalid_request"])
def test_a_description_is_told_and_never_endless(error: str) -> None:
    outcome = exchanged(refused(error, "no " * 1000))

    assert isinstance(outcome, CodeRefused)
    assert outcome.description.startswith("no no")
    assert len(outcome.description) == 200


@pytest.mark.parametrize("error", ["invalid_client", "unsupported_grant_type"])
def test_a_refusal_of_the_platform_is_not_the_organizers_fault(error: str) -> None:
    outcome = exchanged(refused(error, "No such application", "401 Unauthorized"))

    assert isinstance(outcome, o.Misconfigured)


def test_a_key_that_stripe_does_not_know_is_not_the_organizers_fault(stripe: StripeRig) -> None:
    code = stripe.control.authorization_code()["code"]

    outcome = connector(stripe.url, "nobody").exchange(code)

    assert isinstance(outcome, o.Misconfigured)


def test_an_address_where_nobody_listens_was_not_reached() -> None:
    assert isinstance(connector(NOWHERE).exchange("ac_1"), o.NotSent)
    assert isinstance(connector(NOWHERE).deauthorize("acct_1"), o.NotSent)


def test_a_rate_limit_was_not_reached_either() -> None:
    limited = {"error": {"type": "invalid_request_error", "code": "rate_limit"}}

    outcome = exchanged(answer(limited, "429 Too Many Requests", "Retry-After: 7"))

    assert isinstance(outcome, o.NotSent)
    assert outcome.retry_after is not None


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(answer(PAGE, "502 Bad Gateway"), id="a proxy's page"),
        pytest.param(answer(PAGE), id="a page that calls itself success"),
        pytest.param(answer(b""), id="nothing"),
        pytest.param(answer([]), id="a list"),
        pytest.param(answer({}), id="an empty object"),
        pytest.param(answer({"error": 7}, "400 Bad Request"), id="an error of no shape"),
        pytest.param(answer({"error": "quantum"}, "400 Bad Request"), id="an unknown error"),
        pytest.param(answer(json.dumps(TOKEN).encode()[:-60]), id="half the JSON"),
        pytest.param(raw(reply(json.dumps(TOKEN).encode())[:-30]), id="half the bytes"),
        pytest.param(answer({}, "500 Internal Server Error"), id="500"),
        pytest.param(reset, id="a reset"),
    ],
)
def test_an_answer_that_cannot_be_read_is_no_grant_and_tells_no_secret(script: Script) -> None:
    with capture_logs() as logs:
        outcome = exchanged(script)

    assert isinstance(outcome, o.Indeterminate)
    assert "organizers" not in repr(outcome) + repr(logs)


def test_an_answer_that_does_not_come_is_waited_for_no_longer_than_allowed() -> None:
    assert isinstance(exchanged(hang, HASTY), o.Indeterminate)


@pytest.mark.parametrize("without", ["access_token", "stripe_publishable_key", "stripe_user_id"])
def test_an_answer_without_what_is_stored_is_no_grant(without: str) -> None:
    partial = {name: value for name, value in TOKEN.items() if name != without}

    assert isinstance(exchanged(answer(partial)), o.Indeterminate)


@pytest.mark.parametrize("account", ["", "acct_", "acct_1/../2", "pi_1", 7])
def test_an_account_that_is_none_is_no_grant(account: object) -> None:
    assert isinstance(exchanged(answer({**TOKEN, "stripe_user_id": account})), o.Indeterminate)


@pytest.mark.parametrize("livemode", [True, None])
def test_an_account_of_the_other_mode_is_refused(livemode: object) -> None:
    outcome = exchanged(answer({**TOKEN, "livemode": livemode}))

    assert isinstance(outcome, CodeRefused)
    assert "mode" in outcome.description


def test_a_grant_shows_no_token() -> None:
    grant = exchanged(answer(TOKEN))

    assert isinstance(grant, Grant)
    assert "sk_test_organizers" not in repr(grant)
    assert "rt_organizers" not in repr(grant)


def test_an_account_is_let_go_of_and_a_second_time_is_gone(stripe: StripeRig) -> None:
    account = granted(stripe).account

    first = connector(stripe.url, stripe.key).deauthorize(account)
    second = connector(stripe.url, stripe.key).deauthorize(account)

    assert first == second == Disconnected(account)


def test_a_wrong_client_id_does_not_pass_for_an_account_that_is_gone(stripe: StripeRig) -> None:
    account = granted(stripe).account

    outcome = connector(stripe.url, stripe.key, client_id="not-ours").deauthorize(account)

    assert isinstance(outcome, o.Misconfigured)
    assert "STRIPE_CLIENT_ID" in outcome.reason


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (answer(PAGE, "502 Bad Gateway"), o.Indeterminate),
        (answer({"stripe_user_id": "acct_2"}), o.Indeterminate),
        (in_turn(refused("invalid_client", "?"), answer(PAGE, "502 Bad")), o.Indeterminate),
        (in_turn(refused("invalid_client", "?"), answer({"error": SHUT}, "403 No")), Disconnected),
    ],
)
def test_only_what_is_certain_lets_an_account_go(script: Script, kind: type) -> None:
    with serving(script) as (url, _):
        assert isinstance(connector(url).deauthorize("acct_1"), kind)
